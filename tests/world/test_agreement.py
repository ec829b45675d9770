"""Generator and oracle against each other, and both against a third reading of the meanings."""

from collections import Counter

import numpy as np
import pytest

from tldr_reward.spans import sentence_spans
from tldr_reward.world.asking import AnswerBalance, ask_questions
from tldr_reward.world.captions import aggregate_caption, dense_caption
from tldr_reward.world.grammar import forms_of, parse_sentence
from tldr_reward.world.lexicon import NUMBERS, slot_values
from tldr_reward.world.oracle import judge_caption
from tldr_reward.world.questions import KINDS
from tldr_reward.world.scenes import COLUMNS, ROWS, Scene, draw_scene

SCENES, PARTS = 10_000, 4


def captions(part: int) -> list[tuple[Scene, str]]:
    """A caption of each of this part's scenes: dense, held out, aggregated; one in 8 crowded."""
    rng = np.random.default_rng([11, part])
    balance = AnswerBalance()
    found = []
    for index in range(SCENES // PARTS):
        scene = draw_scene(rng, "crowded" if index % 8 == 7 else "standard")
        if index % 3 == 2:
            questions = ask_questions(scene, len(KINDS), balance, rng)
            text = aggregate_caption(questions, rng)
        else:
            text = dense_caption(scene, rng, "held_out" if index % 3 else "standard")
        found.append((scene, text))
    return found


def sentences_of(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


def holds(scene: Scene, meaning: str, values: dict[str, str]) -> bool:
    """Whether a plain statement is true, read off the scene without the package's facts."""
    if meaning.startswith("count_"):
        kept = [
            thing
            for thing in scene.objects
            if all(
                getattr(thing, slot) == word for slot, word in values.items() if slot != "number"
            )
        ]
        return len(kept) == NUMBERS.index(values["number"]) + 1
    if meaning in ("sign", "sign_reads"):
        letters = (values["letter"], values["letter_2"])
        return scene.sign is not None and scene.sign.letters == letters
    if meaning in ("tiny", "tiny_colour"):
        tiny = scene.tiny
        return tiny is not None and (tiny.colour, tiny.kind) == (values["colour"], values["kind"])
    if meaning == "relation":
        named = [
            [t for t in scene.objects if (t.colour, t.shape) == (values[colour], values[shape])]
            for colour, shape in (("colour", "shape"), ("colour_2", "shape_2"))
        ]
        if any(len(things) != 1 for things in named) or named[0] == named[1]:
            return False
        rows, columns = ([f(t[0].cell) for t in named] for f in (row_of, column_of))
        return {
            "left": columns[0] < columns[1],
            "right": columns[0] > columns[1],
            "above": rows[0] < rows[1],
            "below": rows[0] > rows[1],
        }[values["relation"]]
    return any(
        all(attribute(thing, slot) == word for slot, word in values.items())
        for thing in scene.objects
    )


def row_of(cell: int) -> int:
    return cell // 4


def column_of(cell: int) -> int:
    return cell % 4


def attribute(thing, slot: str) -> str:
    if slot in ("row", "column"):
        return ROWS[row_of(thing.cell)] if slot == "row" else COLUMNS[column_of(thing.cell)]
    return getattr(thing, slot)


@pytest.mark.parametrize("part", range(PARTS))
def test_generated_sentences_are_true_and_false_words_are_found(part):
    changed: Counter[str] = Counter()
    made_false: Counter[str] = Counter()
    for scene, text in captions(part):
        assert all(verdict.true for verdict in judge_caption(scene, text)), (scene, text)
        for sentence in sentences_of(text):
            parse = parse_sentence(sentence)
            if not parse.form.negated:
                assert holds(scene, parse.form.meaning, parse.values), (scene, sentence)
                for slot, word in one_word_changes(parse.values):
                    changed[slot] += 1
                    made_false[slot] += not check_change(scene, parse, slot, word)
    # Nearly all changes make a sentence false: the test above was not an empty one.
    assert set(made_false) == {
        "number",
        "colour",
        "colour_2",
        "size",
        "shape",
        "shape_2",
        "row",
        "column",
        "relation",
        "kind",
        "letter",
        "letter_2",
    }
    assert all(made_false[slot] > 0.7 * changed[slot] for slot in changed if slot != "relation")
    assert made_false["relation"] > 0.5 * changed["relation"]


def one_word_changes(values: dict[str, str]) -> list[tuple[str, str]]:
    return [
        (slot, other)
        for slot, word in values.items()
        for other in slot_values(slot)
        if other != word
    ]


def check_change(scene: Scene, parse, slot: str, word: str) -> bool:
    """Change one word of a true statement; check the oracle's verdict; returns whether it holds."""
    values = parse.values | {slot: word}
    sentence = parse.form.write(values)
    (verdict,) = judge_caption(scene, sentence)
    truth = holds(scene, parse.form.meaning, values)
    assert (verdict.parsed, verdict.true) == (True, truth), (scene, sentence)
    if not truth:
        span = parse_sentence(sentence).spans[slot]
        assert span in {span for spans in verdict.explanations for span in spans}, sentence
        if len(verdict.explanations) == 1:
            assert verdict.bad_spans == (span,), (scene, sentence)
        assert verdict.bad_spans in verdict.explanations
    return truth


@pytest.mark.parametrize("part", range(2))
def test_false_denials_blame_the_negation(part):
    """A true statement denied is false, in every negated form of its meaning, for its negation."""
    rng = np.random.default_rng([12, part])
    for _ in range(500):
        scene = draw_scene(rng, "standard")
        for sentence in sentences_of(dense_caption(scene, rng)):
            parse = parse_sentence(sentence)
            if parse.form.negated:
                continue
            for form in forms_of(parse.form.meaning, True):
                denial = form.write(parse.values)
                (verdict,) = judge_caption(scene, denial)
                blamed = " ".join(denial[start:end] for start, end in verdict.bad_spans)
                assert (verdict.true, verdict.alternatives) == (False, 1)
                assert blamed in ("no", "not", "does not read"), denial
