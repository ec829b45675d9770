"""Which modules a module needs, and a digest of their content: a rule's inputs that are code."""

import ast
import functools
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from tldr_reward.errors import InputError

PACKAGE = "tldr_reward"


@functools.cache
def module_file(source: Path, module: str) -> Path | None:
    """The file of a dotted module name below the `source` folder, or None if it has none.

    Looked for once: while a process lives, modules do not come and go.
    """
    base = source.joinpath(*module.split("."))
    for path in (base / "__init__.py", base.with_suffix(".py")):
        if path.is_file():
            return path
    return None


def imported_names(path: Path, module: str, package: str = PACKAGE) -> frozenset[str]:
    """Dotted names that a file imports from `package`, wherever in the file the import stands.

    `from a import b` yields both `a` and `a.b`: only the folder tells whether `b` is a module.
    """
    parent = module if path.name == "__init__.py" else module.rpartition(".")[0]
    return _imported(path.read_bytes(), str(path), parent, package)


# Most modules belong to many rules: read once each, a plan takes half as long.
@functools.cache
def _imported(content: bytes, path: str, parent: str, package: str) -> frozenset[str]:
    names: set[str] = set()
    for node in _statements(ast.parse(content, path)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = parent.split(".")[: len(parent.split(".")) - node.level + 1]
                base = ".".join([*above, *filter(None, [base])])
            names.add(base)
            names.update(f"{base}.{alias.name}" for alias in node.names)
    return frozenset(n for n in names if n == package or n.startswith(f"{package}."))


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """Statements of a module and those within them: a tenth of its nodes, with every import."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        for field in ("body", "orelse", "finalbody", "handlers", "cases"):
            waiting += getattr(node, field, [])
        yield node


def import_closure(source: Path, module: str, package: str = PACKAGE) -> dict[str, Path]:
    """The module and all modules of `package` that importing or running it needs, by name.

    Packages above a module belong to it, as Python runs them first. Imports by a computed name
    (importlib) are not seen. InputError if the module itself is not below `source`.
    """
    if module_file(source, module) is None:
        raise InputError(f"module {module!r} is not below {source}")
    closure: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = module_file(source, name)
        if name in closure or path is None:
            continue
        closure[name] = path
        waiting += [*_parents(name), *imported_names(path, name, package)]
    return dict(sorted(closure.items()))


def _parents(module: str) -> Iterator[str]:
    parts = module.split(".")
    return (".".join(parts[:count]) for count in range(1, len(parts)))


def content_digest(source: Path, module: str, others: Sequence[Path] = ()) -> str:
    """Hex digest (16 digits) of the names and bytes of a module's closure and of other files.

    Folder names do not enter, so a moved checkout keeps its digests.
    """
    digest = hashlib.sha256()
    named = [*import_closure(source, module).items(), *((path.name, path) for path in others)]
    for name, path in named:
        content = path.read_bytes()
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]
