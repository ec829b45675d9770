"""Sentence forms: templates with slots, what they mean, and the way back from text to slots."""

import dataclasses
import functools
import re
from collections.abc import Mapping

from tldr_reward.records import Span
from tldr_reward.world.lexicon import slot_name, slot_pattern, slot_value, write_slot

_PLACEHOLDER = re.compile(r"\{(\w+)\}|\[([^\]]+)\]")


@dataclasses.dataclass(frozen=True)
class Form:
    """One way to say a meaning; `[...]` in the template marks the words that negate it.

    A denial (`presupposes` None) is true where the plain statement is false. With
    `presupposes`, "the A is not B" also needs an A: the named slots must fit some fact.
    """

    meaning: str
    template: str
    phrasing: str = "standard"
    negated: bool = False
    presupposes: tuple[str, ...] | None = None

    def placeholders(self) -> list[str]:
        """Its placeholders, in order."""
        return [name for name, _ in _PLACEHOLDER.findall(self.template) if name]

    def write(self, values: Mapping[str, str]) -> str:
        """The sentence for a value of each slot."""
        return _PLACEHOLDER.sub(lambda match: _written(match, values), self.template)


@dataclasses.dataclass(frozen=True)
class Parse:
    """A sentence read back: its form, its slots' values, and where each word stands in it."""

    form: Form
    values: dict[str, str]
    spans: dict[str, Span]
    negation: Span | None


def _written(match: re.Match, values: Mapping[str, str]) -> str:
    return write_slot(match[1], dict(values)) if match[1] else match[2]


def _statement(meaning: str, template: str, phrasing: str = "standard") -> Form:
    return Form(meaning, template, phrasing)


def _denial(meaning: str, template: str, phrasing: str = "standard") -> Form:
    return Form(meaning, template, phrasing, negated=True)


def _not(
    meaning: str, template: str, presupposes: tuple[str, ...], phrasing: str = "standard"
) -> Form:
    return Form(meaning, template, phrasing, negated=True, presupposes=presupposes)


_ONE = ("colour", "shape")
_TWO = ("colour", "shape", "colour_2", "shape_2")


def _placed_forms(meaning: str, thing: str, subject: tuple[str, ...]) -> list[Form]:
    """Forms of "this thing is in this cell", place last and place first.

    Place first, a causal model can check each attribute at its own word.
    """
    cell = "the {row} row, {column} column"
    turned = "the {column} column, {row} row"
    return [
        _statement(meaning, f"a {thing} is in {cell}."),
        _statement(meaning, f"in {cell} there is a {thing}."),
        _not(meaning, f"a {thing} is [not] in {cell}.", subject),
        _denial(meaning, f"[no] {thing} is in {cell}."),
        _denial(meaning, f"in {cell} there is [no] {thing}."),
        _statement(meaning, f"there is a {thing} in {cell}.", "held_out"),
        _statement(meaning, f"in {turned} there is a {thing}.", "held_out"),
        _denial(meaning, f"there is [no] {thing} in {cell}.", "held_out"),
        _denial(meaning, f"in {turned} there is [no] {thing}.", "held_out"),
    ]


def _count_forms(meaning: str, things: str, count: str) -> list[Form]:
    """Forms of a count, without number agreement: a changed count changes one word."""
    return [
        _statement(meaning, f"the number of {things} is {{number}}."),
        _statement(meaning, f"the {count} is {{number}}."),
        _denial(meaning, f"the number of {things} is [not] {{number}}."),
        _denial(meaning, f"the {count} is [not] {{number}}."),
        _statement(meaning, f"in the image the number of {things} is {{number}}.", "held_out"),
        _statement(meaning, f"{{number}} is the number of {things}.", "held_out"),
        _denial(meaning, f"in the image the number of {things} is [not] {{number}}.", "held_out"),
        _denial(meaning, f"{{number}} is [not] the number of {things}.", "held_out"),
    ]


def _relation_forms() -> list[Form]:
    first, second = "{colour} {shape}", "{colour_2} {shape_2}"
    return [
        _statement("relation", f"the {first} is {{relation_of}} the {second}."),
        _statement("relation", f"relative to the {second}, the {first} is {{relation}}."),
        _not("relation", f"the {first} is [not] {{relation_of}} the {second}.", _TWO),
        _not("relation", f"relative to the {second}, the {first} is [not] {{relation}}.", _TWO),
        _statement("relation", f"{{relation_of}} the {second} is the {first}.", "held_out"),
        _not("relation", f"{{relation_of}} the {second} is [not] the {first}.", _TWO, "held_out"),
    ]


def _background_forms() -> list[Form]:
    """Forms about tiny background things and signs."""
    tiny, letters = "tiny {colour} {kind}", "{letter} {letter_2}"
    return [
        _statement("tiny", f"a {tiny} is in the background."),
        _statement("tiny", f"in the background there is a {tiny}."),
        _denial("tiny", f"a {tiny} is [not] in the background."),
        _denial("tiny", f"[no] {tiny} is in the background."),
        _denial("tiny", f"in the background there is [no] {tiny}."),
        _statement("tiny", f"there is a {tiny} in the background.", "held_out"),
        _denial("tiny", f"there is [no] {tiny} in the background.", "held_out"),
        _statement("tiny_colour", "the tiny {kind} is {colour}."),
        _not("tiny_colour", "the tiny {kind} is [not] {colour}.", ("kind",)),
        _statement("sign", f"a sign reads {letters}."),
        _statement("sign", f"the letters {letters} are on a sign."),
        _denial("sign", f"[no] sign reads {letters}."),
        _denial("sign", f"the letters {letters} are [not] on a sign."),
        _statement("sign", f"on a sign are the letters {letters}.", "held_out"),
        _denial("sign", f"on a sign are [not] the letters {letters}.", "held_out"),
        _statement("sign_reads", f"the sign reads {letters}."),
        _not("sign_reads", f"the sign [does not read] {letters}.", ()),
    ]


def _existence_forms() -> list[Form]:
    first = "{colour} {shape}"
    return [
        _statement("exists", f"there is a {first}."),
        _statement("exists", f"a {first} is in the image."),
        _denial("exists", f"there is [no] {first}."),
        _denial("exists", f"[no] {first} is in the image."),
        _denial("exists", f"a {first} is [not] in the image."),
        _statement("exists", f"in the image there is a {first}.", "held_out"),
        _denial("exists", f"in the image there is [no] {first}.", "held_out"),
    ]


def _answer_forms() -> list[Form]:
    """Forms that the answers to questions about one object make."""
    first = "{colour} {shape}"
    place = "the object in the {row} row, {column} column is"
    return [
        _statement("shape_colour", "the {shape} is {colour}."),
        _not("shape_colour", "the {shape} is [not] {colour}.", ("shape",)),
        _statement("colour_shape", "the {colour} object is a {shape}."),
        _not("colour_shape", "the {colour} object is [not] a {shape}.", ("colour",)),
        _statement("object_size", f"the {first} is {{size}}."),
        _not("object_size", f"the {first} is [not] {{size}}.", _ONE),
        _statement("object_row", f"the {first} is in the {{row}} row."),
        _not("object_row", f"the {first} is [not] in the {{row}} row.", _ONE),
        _statement("object_column", f"the {first} is in the {{column}} column."),
        _not("object_column", f"the {first} is [not] in the {{column}} column.", _ONE),
        _statement("cell_shape", f"{place} a {{shape}}."),
        _not("cell_shape", f"{place} [not] a {{shape}}.", ("row", "column")),
        _statement("cell_colour", f"{place} {{colour}}."),
        _not("cell_colour", f"{place} [not] {{colour}}.", ("row", "column")),
    ]


FORMS = (
    *_count_forms("count_total", "objects", "object count"),
    *_count_forms("count_colour", "{colour} objects", "{colour} object count"),
    *_count_forms("count_shape", "{shapes}", "{shape} count"),
    *_count_forms("count_size", "{size} objects", "{size} object count"),
    *_placed_forms("placed", "{colour} {shape}", _ONE),
    *_placed_forms("placed_sized", "{size} {colour} {shape}", ("size", *_ONE)),
    *_relation_forms(),
    *_background_forms(),
    *_existence_forms(),
    *_answer_forms(),
)


@functools.cache
def forms_of(meaning: str, negated: bool, phrasing: str = "standard") -> tuple[Form, ...]:
    """Forms of a meaning in a phrasing set; statements that have no held-out form: standard."""
    found = [form for form in FORMS if form.meaning == meaning and form.negated == negated]
    chosen = tuple(form for form in found if form.phrasing == phrasing)
    return chosen or tuple(found)


@functools.cache
def template_pattern(template: str) -> re.Pattern:
    """Regular expression that matches what a template writes, whole; one group a slot."""
    pattern, end = "", 0
    for match in _PLACEHOLDER.finditer(template):
        pattern += re.escape(template[end : match.start()])
        words = slot_pattern(match[1]) if match[1] else f"(?P<negation>{re.escape(match[2])})"
        pattern, end = pattern + words, match.end()
    return re.compile(pattern + re.escape(template[end:]))


@functools.lru_cache(maxsize=2**16)
def parse_sentence(sentence: str) -> Parse | None:
    """Read a sentence back; None when no form of the grammar writes it."""
    for form in FORMS:
        match = template_pattern(form.template).fullmatch(sentence)
        if match:
            groups = [group for group in match.groupdict() if group != "negation"]
            return Parse(
                form=form,
                values={slot_name(group): slot_value(group, match[group]) for group in groups},
                spans={slot_name(group): match.span(group) for group in groups},
                negation=match.span("negation") if form.negated else None,
            )
    return None
