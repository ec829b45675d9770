"""`Detective`: a trained reward model, held in memory to score captions of images."""

import dataclasses
import itertools
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import torch
from PIL import Image

from tldr_reward.backbones.batches import Item
from tldr_reward.backbones.folders import load_backbone
from tldr_reward.backbones.interface import Response
from tldr_reward.backbones.placement import Placement
from tldr_reward.detective.cards import Card, scene_doubt
from tldr_reward.detective.folders import located, pretrained
from tldr_reward.detective.pictures import name_of, opened
from tldr_reward.detective.rates import Rate, rates_of
from tldr_reward.detective.scores import CaptionScore, checked_caption
from tldr_reward.errors import InputError
from tldr_reward.metrics.calibration import Calibration
from tldr_reward.reward.model import RewardModel, load_reward_model
from tldr_reward.reward.scoring import reward_probabilities, score_items
from tldr_reward.spans import sentence_indices

ImageSource = Path | str | Image.Image
# An image and its caption; a third, the prompt that the caption answers.
Pair = tuple[ImageSource, str] | tuple[ImageSource, str, str | None]
_READERS = 8  # threads that decode images
_SHOWN_WORDS = 5


@dataclasses.dataclass(frozen=True)
class _Ready:
    """A pair that can be scored; a caption that is too long is several items behind each other."""

    image: Image.Image
    name: str
    text: str
    prompt: str
    response: Response
    parts: tuple[Item, ...]
    warning: str | None


class Detective:
    """A reward model with its backbone: P(good) of every token of a caption (section 3).

    Several threads may share one: they take turns. Made by `Detective.load`. Without a folder that
    loads the small model which comes with the package; `scene` is a drawing of its world.

    >>> detective = Detective.load()
    >>> score = detective.score(scene, "there is a big red triangle. there is a big red circle.")
    >>> [(sentence.text, sentence.good) for sentence in score.sentences]
    [('there is a big red triangle.', False), ('there is a big red circle.', True)]
    >>> [span.text for span in score.spans]
    ['triangle']
    >>> pairs = [(scene, "there is a big red circle."), (scene, "there is a big blue ring.")]
    >>> [one.good for one in detective.score_many(pairs)]
    [True, False]
    """

    def __init__(self, model: RewardModel, card: Card, calibration: Calibration | None) -> None:
        self.model, self.card = model, card
        self.calibration = calibration or Calibration()
        self.calibrated = calibration is not None
        # The last prompt with its ids: most captions answer the same one.
        self._prompt: tuple[str | None, tuple[int, ...]] = (None, ())
        # A backbone computes its prefix with a layer that is changed for as long as that takes.
        self._turn = threading.Lock()

    @classmethod
    def load(
        cls,
        folder: Path | str | None = None,
        backbone: Path | str | None = None,
        device: str = "cpu",
        dtype: str = "float32",
        attention: str = "sdpa",
        base_rate: float | None = None,
    ) -> "Detective":
        """Load a reward model; without a folder the small one that comes with the package.

        `folder` is a reward model's, a run's (with `reward_model/` in it), or
        `owner/name@<commit>` on the hub. It says what its backbone is, unless `backbone` does.
        `base_rate` is the share of tokens that are bad in captions such as will be scored, for
        the confidence of spans; without one it is that of the validation captions.
        InputError when a part is missing or does not fit.
        """
        files = located(folder if folder is not None else pretrained(), backbone)
        try:
            loaded = load_backbone(files.backbone, Placement(device, dtype, attention))
        except (AssertionError, RuntimeError) as error:
            reason = str(error).partition("\n")[0]
            raise InputError(f"device {device!r} cannot be used here: {reason}") from None
        with torch.device(device):
            model = load_reward_model(loaded, files.reward_model)
        line = files.calibration
        if base_rate is not None:
            line = (line or Calibration()).at_base_rate(base_rate)
        return cls(model, files.card, line)

    @property
    def known_world(self) -> str | None:
        """What the model knows, in words, where that is little; else None."""
        return self.card.known_world

    def warning(self, image: Image.Image, text: str) -> str | None:
        """Why a score of this image and text means little, in one line; None where it may mean
        something."""
        response = self.model.backbone.tokenize(text)
        return self._warning(self._image_doubt(image), text, response)

    def _image_doubt(self, image: Image.Image) -> str | None:
        return scene_doubt(image) if self.known_world else None

    def _warning(self, doubt: str | None, text: str, response: Response) -> str | None:
        said = []
        if self.card.scale == "smoke":
            said.append("this model was trained for a few steps to test the workflow")
        if doubt:
            said.append(
                f"this model knows {self.known_world}; this image is no such drawing ({doubt}), "
                "so the score means nothing"
            )
        unknown = self.model.backbone.tokenizer.unk_token_id
        rows = zip(response.ids, response.offsets, strict=True)
        words = dict.fromkeys(text[slice(*offset)] for id_, offset in rows if id_ == unknown)
        if words:
            some = ", ".join(repr(word) for word in list(words)[:_SHOWN_WORDS])
            more = ", ..." if len(words) > _SHOWN_WORDS else ""
            said.append(f"words that this model has never seen: {some}{more}")
        return "; ".join(said) or None

    def score(
        self,
        image: ImageSource,
        caption: str,
        prompt: str | None = None,
        threshold: float = 0.5,
    ) -> CaptionScore:
        """Score one caption of an image (a file or PIL's); `prompt` is what it answers.

        InputError for an image that cannot be read or has too many pixels, and for a caption
        without a word or of more than 50,000 characters.
        """
        (score,) = self.score_many([(image, caption, prompt)], threshold=threshold)
        return score

    def score_many(
        self,
        pairs: Iterable[Pair],
        batch_size: int = 64,
        threshold: float = 0.5,
        progress: Callable[[int], None] | None = None,
        keep_errors: bool = False,
    ) -> Iterator[CaptionScore | InputError]:
        """Scores of (image, caption) or (image, caption, prompt), in the order of the pairs.

        Captions of one image that follow each other share its prefix: it is computed once. Images
        are read by threads while the model works, `batch_size` pairs at a time; nothing more is
        held. A caption that is longer than the context is scored in parts that end with sentences.
        `progress` is called with the number of pairs that were done. A bad pair raises its
        InputError, or with `keep_errors` yields it in its place, and the others go on.
        """
        if batch_size < 1:
            raise InputError(f"batch_size {batch_size}; at least 1 is needed")
        waiting = iter(pairs)
        with ThreadPoolExecutor(_READERS) as readers:
            ahead = self._read(readers, waiting, batch_size)
            while ahead:
                batch, ahead = ahead, self._read(readers, waiting, batch_size)
                found = [self._ready(pair, future) for pair, future in batch]
                for bad in found:
                    if isinstance(bad, InputError) and not keep_errors:
                        raise bad
                good = [one for one in found if isinstance(one, _Ready)]
                scores = iter(self._scored(good, threshold, batch_size))
                yield from (next(scores) if isinstance(one, _Ready) else one for one in found)
                if progress:
                    progress(len(batch))

    @staticmethod
    def rates(
        scores: Iterable[CaptionScore], threshold: float | None = None, resamples: int = 1000
    ) -> dict[str, Rate]:
        """Hallucination rates of many captions (eq. 7) at level token, sentence and response."""
        return rates_of(scores, threshold, resamples)

    def _read(
        self, readers: ThreadPoolExecutor, waiting: Iterator[Pair], count: int
    ) -> list[tuple[Pair, Future]]:
        """The next pairs, with their images on the way; each image is read once."""
        batch = list(itertools.islice(waiting, count))
        on_the_way: dict[str | int, Future] = {}
        found = []
        for pair in batch:
            key = id(pair[0]) if isinstance(pair[0], Image.Image) else str(pair[0])
            if key not in on_the_way:
                on_the_way[key] = readers.submit(self._seen, pair[0])
            found.append((pair, on_the_way[key]))
        return found

    def _seen(self, source: ImageSource) -> tuple[Image.Image, str, str | None]:
        """An image, its name, and why it may be none that the model knows."""
        image = opened(source)
        return image, name_of(source), self._image_doubt(image)

    def _ready(self, pair: Pair, reading: Future) -> _Ready | InputError:
        """A pair's image and tokens, or what is wrong with it."""
        _, text, *given = pair
        prompt = next((one for one in given if one), self.card.prompt)
        try:
            checked_caption(text)
            image, name, doubt = reading.result()
            response = self.model.backbone.tokenize(text)
            parts = self._parts(prompt, response, text)
            warning = self._warning(doubt, text, response)
            return _Ready(image, name, text, prompt, response, parts, warning)
        except InputError as error:
            return error

    def _parts(self, prompt: str, response: Response, text: str) -> tuple[Item, ...]:
        """A response as items that the context holds: whole, else cut behind sentences."""
        backbone = self.model.backbone
        last, prompt_ids = self._prompt
        if last != prompt:
            prompt_ids = tuple(backbone.prompt_ids(prompt))
            self._prompt = prompt, prompt_ids
        room = backbone.text_config.max_position_embeddings - 1 - len(prompt_ids)
        if room < 1:
            raise InputError(f"the prompt has {len(prompt_ids)} tokens with its image: too many")
        bounds = cut_at_sentences(sentence_indices(response.offsets, text), room)
        return tuple(
            Item(0, prompt_ids, Response(response.ids[a:b], response.offsets[a:b]))
            for a, b in bounds
        )

    def _scored(
        self, pairs: Sequence[_Ready], threshold: float, batch_size: int
    ) -> list[CaptionScore]:
        """Scores of pairs whose images are at hand."""
        if not pairs:
            return []
        rows: dict[str, int] = {}
        for pair in pairs:
            rows.setdefault(pair.name, len(rows))
        images = {pair.name: pair.image for pair in pairs}
        items = [
            dataclasses.replace(part, image=rows[pair.name])
            for pair in pairs
            for part in pair.parts
        ]
        backbone = self.model.backbone
        with self._turn, torch.device(backbone.model.device):
            features = backbone.vision_features([images[name] for name in rows])
            found = dict(
                score_items(
                    items,
                    features,
                    backbone.tokenizer.pad_token_id,
                    lambda batch: reward_probabilities(self.model, batch),
                    None,
                    batch_size,
                )
            )
        left = iter(range(len(items)))
        return [
            self._caption_score(pair, [found[next(left)] for _ in pair.parts], threshold)
            for pair in pairs
        ]

    def _caption_score(
        self, pair: _Ready, p_good: Sequence[Sequence[float]], threshold: float
    ) -> CaptionScore:
        offsets, flat = pair.response.offsets, [p for part in p_good for p in part]
        if self.card.level == "response":
            # A naive model judges by the last token: of each part, if there are several.
            offsets, flat = ((0, len(pair.text)),), [min(part[-1] for part in p_good)]
        return CaptionScore(
            text=pair.text,
            offsets=offsets,
            p_good_of_tokens=tuple(float(f"{p:.6g}") for p in flat),
            threshold=threshold,
            prompt=pair.prompt,
            image=pair.name,
            level=self.card.level,
            calibration=self.calibration,
            warning=pair.warning,
        )


def cut_at_sentences(sentence_of: Sequence[int], room: int) -> list[tuple[int, int]]:
    """Token ranges [start, end) of at most `room` tokens that end with a sentence where they can.

    `sentence_of` [T] is the sentence of each token. A sentence that is longer than the room is
    cut where the room ends.
    """
    bounds, start = [], 0
    while len(sentence_of) - start > room:
        end = start + room
        while end > start and sentence_of[end - 1] == sentence_of[end]:
            end -= 1
        end = end if end > start else start + room
        bounds.append((start, end))
        start = end
    return [*bounds, (start, len(sentence_of))]
