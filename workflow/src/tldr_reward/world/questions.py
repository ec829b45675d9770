"""Questions about a scene, their answers, and the statement that an answer makes."""

import dataclasses
import functools
import re
from collections.abc import Mapping

import numpy as np

from tldr_reward.world.grammar import Form, forms_of, template_pattern
from tldr_reward.world.lexicon import slot_name, slot_value, slot_values, write_slot

YES_NO = ("yes", "no")
CHOICE_LETTERS = ("(A)", "(B)", "(C)", "(D)")
_CHOICES = re.compile(r"^(.*\?) \(A\) (.+)$")
_CHOICE = re.compile(r" ?\([A-D]\) ")


@dataclasses.dataclass(frozen=True)
class QuestionKind:
    """A question's template, the meaning that its answers state, and the slots that it asks for.

    A yes/no kind asks for no slot. `weight` says how often it is asked beside the others.
    """

    template: str
    meaning: str
    asked: tuple[str, ...] = ()
    weight: float = 1.0


_CELL = "the {row} row, {column} column"
_NAME = "{colour} {shape}"
_OTHER = "{colour_2} {shape_2}"
# Counts and relations are what small backbones learn last: they are asked twice as often.
KINDS = {
    "count_total": QuestionKind("how many objects are there?", "count_total", ("number",), 2.0),
    "count_colour": QuestionKind(
        "how many {colour} objects are there?", "count_colour", ("number",), 2.0
    ),
    "count_shape": QuestionKind("how many {shapes} are there?", "count_shape", ("number",), 2.0),
    "relation_yes_no": QuestionKind(
        f"is the {_NAME} {{relation_of}} the {_OTHER}?", "relation", (), 2.0
    ),
    "relation_open": QuestionKind(
        f"where is the {_NAME} relative to the {_OTHER}?", "relation", ("relation",), 2.0
    ),
    "row": QuestionKind(f"which row is the {_NAME} in?", "object_row", ("row",)),
    "column": QuestionKind(f"which column is the {_NAME} in?", "object_column", ("column",)),
    "colour": QuestionKind("what colour is the {shape}?", "shape_colour", ("colour",)),
    "shape": QuestionKind("what shape is the {colour} object?", "colour_shape", ("shape",)),
    "size": QuestionKind(f"what size is the {_NAME}?", "object_size", ("size",)),
    "shape_at": QuestionKind(f"what shape is in {_CELL}?", "cell_shape", ("shape",)),
    "colour_at": QuestionKind(f"what colour is the object in {_CELL}?", "cell_colour", ("colour",)),
    "exists": QuestionKind(f"is there a {_NAME}?", "exists"),
    "placed": QuestionKind(f"is a {{size}} {_NAME} in {_CELL}?", "placed_sized"),
    "sign": QuestionKind("what does the sign read?", "sign_reads", ("letter", "letter_2")),
    "tiny_colour": QuestionKind("what colour is the tiny {kind}?", "tiny_colour", ("colour",)),
}


@dataclasses.dataclass(frozen=True)
class Known:
    """What responses about a scene may say: its numbers, and its colour-shape pairs.

    A number or a pair beyond these would be said in wrong responses alone.
    """

    numbers: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]


@dataclasses.dataclass(frozen=True)
class Question:
    """A question with its answer; `values` holds the slots of the question's own words.

    `wrong_answers` are of the answer's kind; `cells` are those of the objects it speaks of.
    """

    kind: str
    text: str
    answer: str
    values: Mapping[str, str]
    wrong_answers: tuple[str, ...]
    cells: frozenset[int] = frozenset()

    @property
    def yes_no(self) -> bool:
        """Whether its answers are yes and no."""
        return not KINDS[self.kind].asked

    def statement(self, answer: str) -> str:
        """The sentence of the grammar that an answer makes, so that the oracle can judge it."""
        return _forms_stating(self.kind, answer)[0].write(_filled(self.kind, self.values, answer))


def make_question(
    kind: str,
    values: Mapping[str, str],
    answer: str,
    known: Known,
    cells: frozenset[int] = frozenset(),
) -> Question:
    """The question of a kind with its slots filled; its wrong answers keep to what is known."""
    text = _write(KINDS[kind].template, values)
    others = _other_answers(kind, answer, known)
    wrong = tuple(other for other in others if _names_known(kind, values, other, known))
    return Question(kind, text, answer, values, wrong, cells)


def state(question: Question, rng: np.random.Generator) -> str:
    """The statement of a question's answer, in any of its standard forms."""
    forms = _forms_stating(question.kind, question.answer)
    form = forms[int(rng.integers(len(forms)))]
    return form.write(_filled(question.kind, question.values, question.answer))


def deny(question: Question, wrong: str, rng: np.random.Generator) -> str:
    """The true sentence that a wrong answer is not so: "the circle is not blue."."""
    forms = forms_of(KINDS[question.kind].meaning, True)
    form = forms[int(rng.integers(len(forms)))]
    return form.write(_filled(question.kind, question.values, wrong))


def statement(prompt: str, answer: str) -> str | None:
    """The sentence that an answer to a question's text makes; None where either is not ours.

    The prompt may be multiple choice, and the answer then a letter in brackets.
    """
    choices = multiple_choices(prompt)
    if choices is not None:
        prompt, options = choices
        answer = options.get(answer, answer)
    parsed = parse_question(prompt)
    if parsed is None:
        return None
    kind, values = parsed
    if not _is_answer(kind, answer):
        return None
    return _forms_stating(kind, answer)[0].write(_filled(kind, values, answer))


@functools.lru_cache(maxsize=2**16)
def parse_question(text: str) -> tuple[str, Mapping[str, str]] | None:
    """Kind and slots of a question's text; None when no kind asks so."""
    for name, kind in KINDS.items():
        match = template_pattern(kind.template).fullmatch(text)
        if match:
            groups = match.groupdict().items()
            return name, {slot_name(group): slot_value(group, word) for group, word in groups}
    return None


def multiple_choices(prompt: str) -> tuple[str, dict[str, str]] | None:
    """Question and options, by letter, of a multiple-choice prompt; None for any other."""
    match = _CHOICES.match(prompt)
    if match is None:
        return None
    options = _CHOICE.split(match[2])
    return match[1], dict(zip(CHOICE_LETTERS, options, strict=False))


def offer_choices(question: Question, letter: str, rng: np.random.Generator) -> tuple[str, str]:
    """Multiple-choice prompt of a question and its answer `letter`, other options at random."""
    count = choice_count(question)
    order = rng.permutation(len(question.wrong_answers))[: count - 1]
    options = [question.wrong_answers[index] for index in order]
    options.insert(CHOICE_LETTERS.index(letter), question.answer)
    marked = zip(CHOICE_LETTERS[: len(options)], options, strict=True)
    offered = " ".join(f"{mark} {option}" for mark, option in marked)
    return f"{question.text} {offered}", letter


def choice_count(question: Question) -> int:
    """How many options a multiple-choice form of a question has: four, or fewer answers."""
    return min(len(CHOICE_LETTERS), 1 + len(question.wrong_answers))


def _write(template: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: write_slot(match[1], dict(values)), template)


def _filled(kind: str, values: Mapping[str, str], answer: str) -> dict[str, str]:
    asked = KINDS[kind].asked
    return dict(values) | dict(zip(asked, answer.split(), strict=True)) if asked else dict(values)


def _is_answer(kind: str, answer: str) -> bool:
    asked = KINDS[kind].asked
    if not asked:
        return answer in YES_NO
    words = answer.split(" ")
    return len(words) == len(asked) and all(
        word in slot_values(slot) for slot, word in zip(asked, words, strict=True)
    )


@functools.cache
def _forms_stating(kind: str, answer: str) -> tuple[Form, ...]:
    """Standard forms of an answer's statement; "no" is stated by a full denial if there is one.

    "a red circle is not in the top row" also claims a red circle elsewhere, which "no" does not.
    """
    denied = not KINDS[kind].asked and answer == "no"
    forms = forms_of(KINDS[kind].meaning, denied)
    return tuple(form for form in forms if form.presupposes is None) or forms


def _other_answers(kind: str, answer: str, known: Known) -> tuple[str, ...]:
    asked = KINDS[kind].asked
    if len(asked) == 2:  # the letters of a sign: one of them changed
        first, second = answer.split()
        letters = slot_values("letter")
        changed = [f"{letter} {second}" for letter in letters if letter != first]
        return (*changed, *(f"{first} {letter}" for letter in letters if letter != second))
    words = YES_NO if not asked else slot_values(asked[0])
    words = known.numbers if asked == ("number",) else words
    return tuple(word for word in words if word != answer)


def _names_known(kind: str, values: Mapping[str, str], answer: str, known: Known) -> bool:
    """Whether an answer makes no colour-shape pair beyond the known ones."""
    filled = _filled(kind, values, answer)
    named = "colour" in filled and "shape" in filled
    return not named or (filled["colour"], filled["shape"]) in known.pairs
