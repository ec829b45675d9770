"""What a detective says of a caption: tokens, words, spans, sentences and a verdict."""

import dataclasses
import functools
from collections.abc import Iterator, Mapping, Sequence

from tldr_reward.errors import InputError
from tldr_reward.metrics.calibration import Calibration
from tldr_reward.records import Span
from tldr_reward.spans import overlaps, sentence_indices, sentence_spans, word_spans

FORMAT = "caption-score/1"
MOST_CHARACTERS = 50_000
LEVELS = ("token", "response")


def checked_caption(text: str) -> str:
    """The text of a caption; InputError for one without a word or with too many characters."""
    if not isinstance(text, str) or not text.strip():
        raise InputError("the caption is empty; a word is needed")
    if len(text) > MOST_CHARACTERS:
        raise InputError(
            f"the caption has {len(text)} characters; at most {MOST_CHARACTERS} are allowed"
        )
    return text


@dataclasses.dataclass(frozen=True)
class Piece:
    """Characters `start` to `end` (half-open) of a caption, with P(good) of their worst token.

    `sentence` is the index of the sentence that the piece belongs to.
    """

    text: str
    start: int
    end: int
    p_good: float
    sentence: int


@dataclasses.dataclass(frozen=True)
class FlaggedSpan:
    """Adjacent flagged tokens of one sentence; `confidence` is the calibrated probability that
    the worst of them is wrong about the image."""

    text: str
    start: int
    end: int
    p_good: float
    confidence: float


@dataclasses.dataclass(frozen=True)
class SentenceScore:
    """A sentence: good when all of its tokens are (eq. 3); `p_good` is its worst token's."""

    text: str
    start: int
    end: int
    p_good: float
    good: bool


@dataclasses.dataclass(frozen=True)
class CaptionScore:
    """P(good) of a caption's tokens (eq. 6), and all that follows from it at a `threshold`.

    A token is flagged when its P(good) is not above the threshold (eq. 1). A sentence, or the
    whole response, is good when none of its tokens is flagged (eqs. 3 to 5). `level` is "response"
    for a naive model, which judges the caption as a whole: its one token is all of the text.
    `image` names the image, `warning` says why the score may mean nothing, in one line.

    >>> score = CaptionScore("a red dot.", ((0, 1), (2, 5), (6, 9), (9, 10)), (.9, .2, .3, .8))
    >>> score.good, [(span.text, span.p_good) for span in score.spans]
    (False, [('red dot', 0.2)])
    >>> score.at(0.1).good
    True
    """

    text: str
    offsets: tuple[Span, ...]
    p_good_of_tokens: tuple[float, ...]
    threshold: float = 0.5
    prompt: str = ""
    image: str = ""
    level: str = "token"
    calibration: Calibration = Calibration()
    warning: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.threshold <= 1:
            raise InputError(f"threshold {self.threshold}; allowed: from 0 to 1")
        if len(self.offsets) != len(self.p_good_of_tokens) or not self.offsets:
            raise InputError(
                f"{len(self.offsets)} token offsets and {len(self.p_good_of_tokens)} "
                "probabilities; as many are needed, at least one"
            )
        if self.level not in LEVELS:
            raise InputError(f"level {self.level!r}; allowed: {', '.join(LEVELS)}")

    def at(self, threshold: float) -> "CaptionScore":
        """The same score at another threshold; needs no model."""
        return dataclasses.replace(self, threshold=threshold)

    @functools.cached_property
    def tokens(self) -> tuple[Piece, ...]:
        """The tokens of the model, in the order of the text."""
        within = sentence_indices(self.offsets, self.text)
        rows = zip(self.offsets, self.p_good_of_tokens, within, strict=True)
        return tuple(
            Piece(self.text[start:end], start, end, p_good, sentence)
            for (start, end), p_good, sentence in rows
        )

    @functools.cached_property
    def words(self) -> tuple[Piece, ...]:
        """Words and punctuation marks; one of several tokens is as good as its worst."""
        if self.level == "response":
            return ()
        found, first = [], 0
        for start, end in word_spans(self.text):
            while first < len(self.tokens) and self.tokens[first].end <= start:
                first += 1
            own = []
            for token in self.tokens[first:]:
                if token.start >= end:
                    break
                own += [token] if overlaps((token.start, token.end), [(start, end)]) else []
            if own:
                worst = min(token.p_good for token in own)
                found.append(Piece(self.text[start:end], start, end, worst, own[-1].sentence))
        return tuple(found)

    @functools.cached_property
    def spans(self) -> tuple[FlaggedSpan, ...]:
        """Flagged tokens, those that follow each other within a sentence taken together."""
        found: list[FlaggedSpan] = []
        run: list[Piece] = []
        for token in [*self.tokens, None]:
            flagged = token is not None and token.p_good <= self.threshold
            if run and not (flagged and token.sentence == run[-1].sentence):
                found.append(self._span(run))
                run = []
            if flagged:
                run.append(token)
        return tuple(found)

    def _span(self, run: Sequence[Piece]) -> FlaggedSpan:
        start, end = run[0].start, run[-1].end
        text = self.text[start:end]
        start, end = end - len(text.lstrip()), start + len(text.rstrip())
        worst = min(token.p_good for token in run)
        confidence = 1 - self.calibration.probability(worst)
        return FlaggedSpan(self.text[start:end], start, end, worst, confidence)

    @functools.cached_property
    def sentences(self) -> tuple[SentenceScore, ...]:
        """The caption's sentences; a naive model sees the whole text as one."""
        bounds = sentence_spans(self.text)
        if self.level == "response":
            bounds = [(0, len(self.text))]
        worst: dict[int, float] = {}
        for token in self.tokens:
            index = 0 if self.level == "response" else token.sentence
            worst[index] = min(worst.get(index, 1.0), token.p_good)
        return tuple(
            SentenceScore(
                self.text[slice(*bounds[index])], *bounds[index], p_good, p_good > self.threshold
            )
            for index, p_good in sorted(worst.items())
        )

    @property
    def p_good(self) -> float:
        """P(good) of the worst token, on which the verdict hangs."""
        return min(self.p_good_of_tokens)

    @property
    def good(self) -> bool:
        """The verdict on the response: good when no token of it is flagged (eqs. 4, 5)."""
        return self.p_good > self.threshold

    @property
    def confidence(self) -> float:
        """The calibrated probability that the verdict's worst token is wrong about the image."""
        return 1 - self.calibration.probability(self.p_good)

    def as_dict(self) -> dict:
        """Everything, for JSON; `from_dict` reads it back."""
        parts = {name: getattr(self, name) for name in ("tokens", "words", "spans", "sentences")}
        return {
            "format": FORMAT,
            "text": self.text,
            "prompt": self.prompt,
            "image": self.image,
            "level": self.level,
            "threshold": self.threshold,
            "good": self.good,
            "p_good": self.p_good,
            "confidence": self.confidence,
            "warning": self.warning,
            "calibration": dataclasses.asdict(self.calibration),
            **{name: [dataclasses.asdict(part) for part in some] for name, some in parts.items()},
        }

    @classmethod
    def from_dict(cls, fields: Mapping) -> "CaptionScore":
        """A score that `as_dict` gave; InputError when a field is missing or of another format."""
        if (found := fields.get("format")) != FORMAT:
            raise InputError(f"score format {found!r}; this version reads {FORMAT!r}")
        try:
            tokens = [(t["start"], t["end"], t["p_good"]) for t in fields["tokens"]]
            plain = {name: fields[name] for name in ("text", "prompt", "image", "level")}
            if not isinstance(plain["text"], str):
                raise TypeError(f"text is {type(plain['text']).__name__}")
            return cls(
                offsets=tuple((int(start), int(end)) for start, end, _ in tokens),
                p_good_of_tokens=tuple(float(p) for _, _, p in tokens),
                threshold=float(fields["threshold"]),
                calibration=Calibration(**fields["calibration"]),
                warning=fields["warning"],
                **plain,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"no score of this format: {error!r}") from None

    def coloured(self) -> Iterator[tuple[str, float | None]]:
        """The text in pieces with the P(good) of each word; None between words."""
        last = 0
        for word in self.words or self.tokens:
            if word.start > last:
                yield self.text[last : word.start], None
            yield self.text[word.start : word.end], word.p_good
            last = word.end
        if last < len(self.text):
            yield self.text[last:], None
