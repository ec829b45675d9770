"""Figure 3: one caption with its tokens coloured by P(good), and its three rates worked out."""

from collections.abc import Sequence

from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from tldr_reward.metrics.zoo import ExampleToken

# The text is set in cells of one character; sizes of a cell and of the figure in inches.
_COLUMNS, _INDENT = 84, 4
_CELL, _ROW, _SMALL_ROW, _MARGIN, _TOP = 0.0835, 0.34, 0.2, 0.25, 0.9
_COLOURS = colormaps["RdYlGn"]


def draw_token_rates(tokens: Sequence[ExampleToken], scale: str) -> Figure:
    """A line a sentence; flagged tokens boxed, those that the oracle calls wrong underlined.

    Without a token the figure says so: a model may have had nothing to say.
    """
    if not tokens:
        return _nothing(scale)
    placed = _places(tokens)
    worked = _worked_out(tokens)
    rows = 1 + max(row for row, _, _ in placed)
    width = 2 * _MARGIN + _CELL * _COLUMNS
    height = _TOP + _MARGIN + _ROW * rows + _SMALL_ROW * len(worked)
    figure = Figure(figsize=(width, height))
    axis = figure.add_axes((0, 0, 1, 1))
    axis.set(xlim=(-_MARGIN, width - _MARGIN), ylim=(height, 0))
    axis.axis("off")
    first = tokens[0]
    title = f"{first.caption_id}, judged by {first.backbone}/{first.reward_model} ({scale} scale)"
    axis.text(0, 0.32, title, fontsize=10)
    for row, column, token in placed:
        _draw_token(axis, token, _CELL * column, _TOP + _ROW * row)
    for sentence, row in _first_rows(placed).items():
        flagged = any(token.flagged for token in tokens if token.sentence == sentence)
        axis.text(
            0,
            _TOP + _ROW * row,
            f"{sentence + 1}",
            fontsize=9,
            fontweight="bold" if flagged else "normal",
            color="firebrick" if flagged else "0.4",
        )
    for number, text in enumerate(worked):
        axis.text(0, _TOP + _ROW * rows + _SMALL_ROW * number, text, fontsize=8.5)
    _draw_scale(figure, width, height)
    return figure


def _nothing(scale: str) -> Figure:
    figure = Figure(figsize=(6, 1))
    text = f"the model captioned nothing ({scale} scale)"
    figure.text(0.5, 0.5, text, ha="center", va="center")
    return figure


def _places(tokens: Sequence[ExampleToken]) -> list[tuple[int, int, ExampleToken]]:
    """Row and column of each token: a row a sentence, more for one that is too long."""
    placed = []
    row, column, last = -1, 0, None
    for token in tokens:
        if last is None or token.sentence != last.sentence:
            row, column = row + 1, _INDENT
        else:
            column += min(1, token.start - last.end)
        if column + len(token.token) > _COLUMNS:
            row, column = row + 1, _INDENT
        placed.append((row, column, token))
        column += len(token.token)
        last = token
    return placed


def _first_rows(placed: Sequence[tuple[int, int, ExampleToken]]) -> dict[int, int]:
    """The row in which each sentence begins."""
    rows: dict[int, int] = {}
    for row, _, token in placed:
        rows.setdefault(token.sentence, row)
    return rows


def _draw_token(axis, token: ExampleToken, x: float, y: float) -> None:
    axis.text(
        x,
        y,
        token.token,
        fontsize=9.5,
        family="DejaVu Sans Mono",
        parse_math=False,
        zorder=4 if token.flagged else 3,
        bbox={
            "facecolor": _COLOURS(token.p_good),
            "edgecolor": "black" if token.flagged else "none",
            "linewidth": 1.3,
            "pad": 1.4,
        },
    )
    if token.bad:
        end = x + _CELL * len(token.token)
        axis.plot([x, end], [y + 0.09, y + 0.09], color="black", linewidth=1.6, zorder=5)


def _draw_scale(figure: Figure, width: float, height: float) -> None:
    place = ((width - 1.9) / width, 1 - 0.36 / height, 1.5 / width, 0.1 / height)
    bar = figure.colorbar(
        ScalarMappable(Normalize(0, 1), _COLOURS), figure.add_axes(place), orientation="horizontal"
    )
    bar.set_ticks([0, 0.5, 1], labels=["P(good) 0", "0.5", "1"], fontsize=7)


def _worked_out(tokens: Sequence[ExampleToken]) -> list[str]:
    """The three rates of the caption as fractions, estimated and true."""
    flagged = _counts([(token.sentence, bool(token.flagged)) for token in tokens])
    judged = [(token.sentence, bool(token.bad)) for token in tokens if token.judged]
    lines = [f"As TLDR estimates them (boxed): {flagged}."]
    if judged:
        lines.append(f"As the oracle knows them (underlined): {_counts(judged)}.")
    if len(judged) < len(tokens):
        lines.append(f"{len(tokens) - len(judged)} tokens are of sentences that it cannot parse.")
    return lines


def _counts(tokens: Sequence[tuple[int, bool]]) -> str:
    sentences = {sentence for sentence, _ in tokens}
    bad = {sentence for sentence, wrong in tokens if wrong}
    wrong = sum(wrong for _, wrong in tokens)
    return (
        f"{wrong}/{len(tokens)} tokens = {100 * wrong / len(tokens):.1f}%, "
        f"{len(bad)}/{len(sentences)} sentences = {100 * len(bad) / len(sentences):.1f}%, "
        f"response: {int(bool(bad))}"
    )
