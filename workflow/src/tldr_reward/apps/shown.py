"""What the demo's page shows of scores at a threshold, as the values of its components."""

from collections.abc import Sequence

from tldr_reward.detective.rates import rates_of
from tldr_reward.detective.scores import CaptionScore

RESAMPLES = 500


def shown(score: CaptionScore | None, threshold: float, calibrated: bool) -> tuple:
    """A score at a threshold: its text with the labels of flagged words, verdict, sentences."""
    if score is None:
        return [], "", []
    pieces = score.words or score.tokens
    parts, end = [], 0
    for piece in pieces:
        if gap := score.text[end : piece.start]:
            parts.append((gap, None))
        label = f"{piece.p_good:.2f}" if piece.p_good <= threshold else None
        parts.append((score.text[piece.start : piece.end], label))
        end = piece.end
    parts.append((score.text[end:], None))
    rows = [
        [one.text, f"{one.p_good:.2f}", "in doubt" if one.p_good <= threshold else "good"]
        for one in score.sentences
    ]
    bad = sum(piece.p_good <= threshold for piece in pieces)
    return parts, _verdict(score, bad, calibrated), rows


def _verdict(score: CaptionScore, bad: int, calibrated: bool) -> str:
    if not bad:
        return "### ✓ No word is in doubt"
    what = "One word is" if bad == 1 else f"{bad} words are"
    what = "The caption is" if score.level == "response" else what
    chance = f"; the most doubtful is wrong with a probability of {score.confidence:.0%}"
    return f"### ✗ {what} in doubt{chance if calibrated else ''}"


def rate_rows(scores: Sequence[CaptionScore], threshold: float) -> list[list[str]]:
    """Hallucination rates (eq. 7) of scored captions as the page shows them; no model is asked."""
    if not scores:
        return []
    many = len(scores) > 1
    return [
        [
            level,
            f"{rate.value:.1%}",
            f"{rate.low:.1%} to {rate.high:.1%}" if many else "–",
            f"{rate.units} {level}{'' if rate.units == 1 else 's'}",
        ]
        for level, rate in rates_of(scores, threshold, RESAMPLES).items()
    ]
