"""The demo's page, of Gradio's components: a picture, a caption, its words in doubt, the rates."""

import contextlib
import dataclasses
import html
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path

import gradio as gr
from PIL import Image

from tldr_reward.apps.shown import rate_rows, shown
from tldr_reward.apps.turns import BusyError
from tldr_reward.apps.uploads import FORMATS, MOST_BYTES, MOST_PIXELS, checked_image, read_upload
from tldr_reward.detective.cards import Card
from tldr_reward.detective.scores import CaptionScore
from tldr_reward.errors import InputError

TITLE = "TLDR: which words of a caption are wrong?"
MOST_SCORES = 300  # that rates are of
_WAITING = 256
# A word's label is its P(good), of these colours: from red, surely wrong, to yellow.
_COLOURS = {f"{p / 100:.2f}": f"hsl({p // 2} 95% {70 + p // 5}%)" for p in range(101)}
_EXAMPLES = 6  # on a page of the list
# Small pictures are shown large; drawn scenes of 64 pixels, with their pixels as they are.
STYLE = (
    "#picture img { width: 100%; height: 100%; object-fit: contain } "
    ".drawn img { image-rendering: pixelated }"
)
_CLIENT = """\
import base64, json, urllib.request

image = base64.b64encode(open("picture.png", "rb").read()).decode()
body = {"image": image, "caption": "a red circle.", "threshold": 0.5}
kind = {"Content-Type": "application/json"}
url = "http://127.0.0.1:8322/v1/score"
request = urllib.request.Request(url, json.dumps(body).encode(), kind)
score = json.load(urllib.request.urlopen(request))["score"]
print(score["good"], [(span["text"], span["p_good"]) for span in score["spans"]])"""


@dataclasses.dataclass(frozen=True)
class Example:
    """A picture that is offered, as a PNG file, with captions; each has a label."""

    id: str
    png: bytes
    captions: tuple[tuple[str, str], ...]


@dataclasses.dataclass(frozen=True)
class Ask:
    """Who answers the page: a caption's score, and captions of pictures, None where none are."""

    score: Callable[[Image.Image, str], Awaitable[CaptionScore]]
    caption: Callable[[Image.Image], Awaitable[tuple[str, bool]]] | None


@dataclasses.dataclass(frozen=True)
class _Parts:
    picture: gr.Image
    caption: gr.Textbox
    check: gr.Button
    write: gr.Button
    threshold: gr.Slider
    shown: tuple[gr.HighlightedText, gr.Markdown, gr.Dataframe]
    rates: gr.Dataframe
    forget: gr.Button


def demo_page(card: Card, calibrated: bool, examples: Sequence[Example], ask: Ask) -> gr.Blocks:
    """The page of one reward model, to be mounted in an app in whose event loop `ask` answers."""
    with gr.Blocks(title=TITLE, analytics_enabled=False) as page:
        gr.Markdown(_introduction(card))
        with gr.Row():
            with gr.Column(scale=2):
                picture = _picture("drawn" if card.known_world else "")
                gr.Markdown(
                    f"{', '.join(FORMATS)}; up to {MOST_BYTES / 1e6:.0f} MB and "
                    f"{MOST_PIXELS / 1e6:.0f} million pixels."
                )
                caption = gr.Textbox(
                    label="Caption",
                    lines=3,
                    placeholder="What is in the picture? Shift + Enter checks it.",
                    elem_id="caption",
                    render=False,
                )
                _offer(examples, picture, caption)
            with gr.Column(scale=3):
                parts = _desk(picture, caption, ask.caption is not None)
        with gr.Accordion("Use it from a program", open=False):
            gr.Markdown(
                "The contract is versioned: paths begin with `/v1/`, every answer names its "
                '`api_version`, errors are `{"error": {"code", "message"}}`. All of it: '
                "[openapi.json](/openapi.json)."
            )
            gr.Code(_CLIENT, language="python", interactive=False)
        gr.Markdown(
            "Everything runs on this machine. Uploaded pictures go into a temporary folder, which "
            "ends with the demo. A P(good) is the model's opinion: it misses errors and doubts "
            "true words."
        )
        _connect(parts, ask, calibrated)
    # The detective has a line of its own, out of which it takes several at once.
    return page.queue(max_size=_WAITING, default_concurrency_limit=_WAITING)


def _introduction(card: Card) -> str:
    text = (
        "# Which words of a caption are wrong?\n"
        "A token-level detective reward (TLDR) model reads a caption beside its picture and gives "
        f"every token a probability of being good. Model: {card.run or 'without a name'}."
    )
    if not card.known_world:
        return text
    return (
        f"{text}\n\n**This model knows {card.known_world}. "
        "Of a photograph its scores say nothing.**"
    )


def _picture(style: str) -> gr.Image:
    return gr.Image(
        label="Picture",
        type="filepath",
        sources=["upload", "clipboard"],
        buttons=[],
        height=320,
        elem_id="picture",
        elem_classes=style,
    )


def _desk(picture: gr.Image, caption: gr.Textbox, writes: bool) -> _Parts:
    """Caption, buttons, and what is shown of a score."""
    caption.render()
    with gr.Row():
        check = gr.Button("Check the caption", variant="primary", elem_id="check")
        write = gr.Button("Let the backbone write one", visible=writes, elem_id="write")
    verdict = gr.Markdown(elem_id="verdict")
    words = gr.HighlightedText(
        label="The caption; words in doubt with their P(good)",
        color_map=_COLOURS,
        elem_id="words",
    )
    threshold = gr.Slider(
        0,
        1,
        0.5,
        step=0.01,
        label="Threshold",
        info="Words with a P(good) at or below it are flagged. Moving it asks no model.",
        elem_id="threshold",
    )
    sentences = gr.Dataframe(
        headers=["sentence", "lowest P(good)", "verdict"],
        label="Sentences",
        interactive=False,
        wrap=True,
        elem_id="sentences",
    )
    rates = gr.Dataframe(
        headers=["level", "flagged", "95% interval", "of"],
        label="Hallucination rates of the captions checked on this page",
        interactive=False,
        elem_id="rates",
    )
    forget = gr.Button("Forget these captions", size="sm", elem_id="forget")
    return _Parts(
        picture, caption, check, write, threshold, (words, verdict, sentences), rates, forget
    )


def _offer(examples: Sequence[Example], picture: gr.Image, caption: gr.Textbox) -> None:
    """Pictures to click at, each once a caption; one without captions leaves the caption be."""
    if not examples:
        return
    images = {example.id: checked_image(example.png) for example in examples}
    if any(example.captions for example in examples):
        rows = [[images[one.id], text, label] for one in examples for label, text in one.captions]
        label = gr.Textbox(label="Caption", visible=False)
        inputs, columns = [picture, caption, label], [0, 2]
        gr.Examples(rows, inputs, visible_columns=columns, examples_per_page=_EXAMPLES)
    else:
        rows = [[images[one.id]] for one in examples]
        gr.Examples(rows, [picture], examples_per_page=_EXAMPLES)


def _connect(parts: _Parts, ask: Ask, calibrated: bool) -> None:
    score, checked = gr.State(None), gr.State([])

    def draw(found: CaptionScore | None, all_found: list[CaptionScore], threshold: float) -> tuple:
        """All that hangs on the threshold, of the scores at hand."""
        return (*shown(found, threshold, calibrated), rate_rows(all_found, threshold))

    async def run(
        sent: Mapping | None, text: str, threshold: float, before: list[CaptionScore]
    ) -> tuple:
        with _told():
            found = await ask.score(_received(sent), text)
        if found.warning:
            gr.Warning(_sentence(found.warning))
        kept = [*before, found][-MOST_SCORES:]
        return (found, kept, *draw(found, kept, threshold))

    async def describe(sent: Mapping | None) -> str:
        with _told():
            text, truncated = await ask.caption(_received(sent))
        if truncated:
            gr.Warning("The caption was cut off at its longest.")
        return text

    def receive(sent: Mapping | None) -> str | None:
        try:
            _received(sent)
        except InputError as error:
            gr.Warning(_sentence(error))
            return None
        return sent["path"]

    drawn = [*parts.shown, parts.rates]
    hidden = {"api_visibility": "private"}
    # A picture is read here alone, where its size and type are checked before it is.
    raw = {"preprocess": False} | hidden
    given, answered = [parts.picture, parts.caption, parts.threshold, checked], [score, checked]
    started = [parts.check.click, parts.caption.submit]
    gr.on(started, run, given, [*answered, *drawn], **raw)
    parts.write.click(describe, parts.picture, parts.caption, **raw)
    parts.picture.upload(receive, parts.picture, parts.picture, **raw)
    moved = {"show_progress": "hidden", "trigger_mode": "always_last"}
    parts.threshold.change(draw, [score, checked, parts.threshold], drawn, **moved, **hidden)
    parts.forget.click(lambda: ([], []), None, [checked, parts.rates], **hidden)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """What is wrong with an input is said on the page, in a sentence."""
    try:
        yield
    except (InputError, BusyError) as error:
        raise gr.Error(_sentence(error), print_exception=False) from None


def _received(sent: Mapping | None) -> Image.Image:
    """The picture in Gradio's folder of what was uploaded; it takes no other paths."""
    if sent is None:
        raise InputError("no picture; one is needed")
    return read_upload(Path(sent["path"]))


def _sentence(text: object) -> str:
    """What is said on the page, as a sentence; it may quote a caption, and is shown as HTML."""
    said = html.escape(str(text))
    return f"{said[:1].upper()}{said[1:]}."
