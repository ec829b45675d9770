"""Tables rendered for reading, in Markdown."""

from collections.abc import Mapping

from tldr_reward.paper.scales import scale_note
from tldr_reward.paper.table import Table


def render(table: Table) -> str:
    """Title, a line on the scale, the table, its notes."""
    headings = [heading for heading, _ in table.reading]
    lines = [
        f"# {table.title}",
        "",
        scale_note(table.scale),
        "",
        _line(headings),
        _line([":--" if _is_text(table, column) else "--:" for _, column in table.reading]),
    ]
    lines += [_line([cell(row, column) for _, column in table.reading]) for row in table.rows]
    for note in table.notes:
        lines += ["", note]
    return "\n".join(lines) + "\n"


def cell(row: Mapping[str, str], column: str) -> str:
    """`value [low, high] (paper: reported)`, as far as the row has them."""
    text = row[column]
    if text and row.get(f"{column}_low"):
        text += f" [{row[f'{column}_low']}, {row[f'{column}_high']}]"
    if row.get(f"{column}_seed_sd"):
        text += f" ± {row[f'{column}_seed_sd']}"
    if row.get(f"{column}_reported"):
        text = f"{text} (paper: {row[f'{column}_reported']})".strip()
    return text or "–"


def _is_text(table: Table, column: str) -> bool:
    """Left-aligned unless every filled cell begins with a digit or a sign."""
    filled = [row[column] for row in table.rows if row[column]]
    return not all(text[0] in "0123456789-." for text in filled)


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(text.replace("|", "\\|") for text in cells) + " |"
