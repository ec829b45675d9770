"""Tables 9 and 10: hyperparameters, read from what a training run wrote beside its model."""

from collections.abc import Mapping, Sequence

from tldr_reward.errors import InputError
from tldr_reward.paper.reported import printed_values
from tldr_reward.paper.table import Sources, Table

_COLUMNS = ("setting", "value", "reported", "scale")
# The paper's name of a setting -> ours. It does not say what its batch counts.
_OUR_NAMES = {"batch_size": "batch_images"}
_NO_SETTINGS = {"format"}


def table9(sources: Sources) -> Table:
    """Table 9: hyperparameters of PaliGemma's TLDR model."""
    return _settings_table(sources, "table9", "Table 9: hyperparameters, PaliGemma")


def table10(sources: Sources) -> Table:
    """Table 10: hyperparameters of Llama-3.2-Vision's TLDR model."""
    return _settings_table(sources, "table10", "Table 10: hyperparameters, Llama-3.2-Vision")


def _settings_table(sources: Sources, table: str, title: str) -> Table:
    """The paper's settings in its order, then the others that ran, in the file's order."""
    if not sources.settings:
        raise InputError(f"{table}: no settings; --settings FILE is needed")
    by_row = printed_values(sources.reported, table)
    printed = {column: value for (_, column), value in by_row.items()}
    found = [_flat(settings) for settings in sources.settings]
    ours = [_OUR_NAMES.get(setting, setting) for setting in printed]
    others = dict.fromkeys(name for settings in found for name in settings if name not in ours)
    rows = [
        {
            "setting": setting,
            "value": _value(found, _OUR_NAMES.get(setting, setting)),
            "reported": printed.get(setting, ""),
            "scale": sources.scale,
        }
        for setting in (*printed, *others)
    ]
    reading = (("Setting", "setting"), ("Value", "value"), ("Paper", "reported"))
    notes = (
        "Values are read from the settings of the run itself. The paper does not say what its "
        "batch size counts; ours counts images, each with all of its responses.",
    )
    return Table(title, sources.scale, _COLUMNS, tuple(rows), reading, notes)


def _flat(settings: Mapping) -> dict[str, str]:
    """Leaves of nested mappings as text, by their own name; two of one name are an InputError."""
    leaves: dict[str, str] = {}
    for name, value in settings.items():
        if name in _NO_SETTINGS:
            continue
        inner = _flat(value) if isinstance(value, Mapping) else {name: _text(value)}
        for leaf, text in inner.items():
            if leaf in leaves:
                raise InputError(f"settings have {leaf!r} twice")
            leaves[leaf] = text
    return leaves


def _text(value: object) -> str:
    if isinstance(value, list | tuple):
        return " ".join(str(item) for item in value)
    return "" if value is None else str(value)


def _value(found: Sequence[Mapping[str, str]], name: str) -> str:
    """The setting's value, or its distinct values when runs differ (their seeds do)."""
    return "; ".join(dict.fromkeys(settings[name] for settings in found if name in settings))
