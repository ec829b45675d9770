"""Prompts to a language model that never sees an image (section 4, appendix A; wording ours).

Negatives, their check, wrong answers, their check, and paragraphs from questions and answers. A
version names the words of each set: a change to them changes the version, so that no reply to
the old words is taken for one to the new.
"""

import json
from collections.abc import Mapping, Sequence

from tldr_reward.errors import InputError
from tldr_reward.perturb.examples import EXAMPLES
from tldr_reward.perturb.messages import CHECKER, GENERATOR, Chat

NEGATIVE = "negative/1"
NEGATIVE_CHECK = "negative-check/1"
WRONG_ANSWER = "wrong-answer/1"
WRONG_ANSWER_CHECK = "wrong-answer-check/1"
AGGREGATION = "aggregation/1"
AGGREGATED = "-aggregated"  # how the id of a caption ends that was made from answers
# What a checker may find wrong with an edit, and with a wrong answer.
CHECK_CAUSES = ("paraphrase", "outside_taxonomy")
ANSWER_CHECK_CAUSES = ("still_true",)
_VERDICT_CHARACTERS = 50

# What each taxonomy changes, as both the generator and the checker are told.
RULES: Mapping[str, str] = {
    "spatial_relationship": (
        "Change where something is relative to something else (left, right, above, below, in "
        "front of, behind, inside, on, ...). Touch words of position and nothing else: things, "
        "their looks and their numbers stay."
    ),
    "visual_attribute": (
        "Change how one thing looks: its colour, size, shape, material, pattern or condition. The "
        "thing itself, its place and its number stay."
    ),
    "attribute_binding": (
        "Let two things of the caption trade attributes: each gets the one that the other had. "
        "Bring in no attribute and no thing that the caption does not already name."
    ),
    "object_identification": (
        "Turn one thing into another kind of thing that could well be in its place. Its "
        "attributes, place and number stay."
    ),
    "counting": (
        "Change the number of one kind of thing, and the words that must agree with it. Numbers in "
        "quoted text, times of the clock, and shares such as a half are no counts."
    ),
    "small_object": (
        "Change the kind or the look of a thing that the caption itself calls tiny, small, distant "
        "or in the background. Everything that stands in the foreground stays."
    ),
    "text_ocr": (
        "Change the text that the caption quotes as written on something, to other text that "
        "could be written there. If it quotes none but names something that carries text (a sign, "
        "a label, a logo), add a short plausible quotation."
    ),
    "counterfactual": (
        "Assert that something is absent, or that it does not hold: put in one negation. Leave "
        "everything else as it is."
    ),
}

_NEGATIVE_RULES = """\
You receive the caption of an image, and make it wrong by a minimal edit. The image itself is not
available to you.

What to change:
{rule}

In all cases:
- Make one concrete change, two at the very most, of a few words each.
- With the change, the caption must describe an image that looks visibly different, and that could
  exist. A synonym or another wording of the same fact is no change.
- All other words stay as they are, in the same order, spelling mistakes and odd spacing included.
  Keep line breaks, capitals and punctuation.
- Repair what the change itself makes ungrammatical: articles, plurals, verb forms, and pronouns.
- If this kind of change has no place in the caption, repeat the caption unchanged.
- Reply with the caption alone: no quotation marks around it, no heading, no remark."""

_CHECK_RULES = """\
You check edits of image captions. You receive a JSON object with an original caption and an edited
one. The edit was to make the original wrong in this way:
{rule}

Compare the two, and decide:
- If the edited caption could be said of the same image (a synonym, another wording, something more
  or less exact, a slip of grammar), reject it; the cause is "paraphrase".
- If anything else changed than the kind of thing described above, or several facts changed that do
  not depend on each other, reject it; the cause is "outside_taxonomy".
- Otherwise accept it; the cause is "".

Reply with one JSON object and nothing else:
{{"verdict": "accept" or "reject", "cause": "" or "paraphrase" or "outside_taxonomy"}}"""

_ANSWER_RULES = """\
You receive a question about an image and its right answer, as a JSON object. Give a wrong answer
to the same question. The image itself is not available to you.

- Give the same kind of answer: a colour for a colour, a number for a number, a place for a place, a
  yes for a no. Keep to its length, its form and its grammar.
- It must be believable for somebody who has not seen the image, and it must not be true together
  with the right answer: no synonym, nothing more general or more exact, no part of it.
- Reply with the answer alone: no quotation marks, no explanation."""
_ANSWER_EXAMPLES = (
    ("What is the boy carrying?", "A skateboard.", "A suitcase."),
    ("how many windows are lit", "two", "four"),
    ("Where is the ladder?", "against the barn", "next to the well"),
)

_ANSWER_CHECK_RULES = """\
You receive a JSON object: a description of an image, a question about this image, the answer that
is known to be right, and another answer. Decide whether the other answer is valid too: true of the
image by the description, or another way to say the right answer. What the description does not
mention is judged by the right answer.

- If it is valid too, reject it; the cause is "still_true".
- If it is wrong, accept it; the cause is "".

Reply with one JSON object and nothing else:
{"verdict": "accept" or "reject", "cause": "" or "still_true"}"""

_AGGREGATION_RULES = """\
You receive questions about one image with their answers, one pair a line. Write one paragraph that
tells what the answers say of the image, in plain declarative sentences.

- Every answer is to be found in it, and nothing that no answer says: no guess, no mood, no
  decoration. Where answers repeat each other, say it once.
- Mention neither the questions nor the answers, and do not speak about an image, a picture or a
  photo. Never begin with "The image".
- Reply with the paragraph alone."""
_AGGREGATION_EXAMPLE = (
    "Q: What animal is this? A: A donkey.\n"
    "Q: What is it wearing? A: A straw hat.\n"
    "Q: Where does it stand? A: By a stone wall.\n"
    "Q: How is the weather? A: Overcast.",
    "A donkey with a straw hat stands by a stone wall under an overcast sky.",
)


def negative_chat(caption: str, taxonomy: str) -> Chat:
    """Ask for a minimal edit of a caption in a taxonomy."""
    system = _NEGATIVE_RULES.format(rule=_rule(taxonomy))
    messages = _turns(system, EXAMPLES[taxonomy], caption)
    return Chat(NEGATIVE, messages, GENERATOR, len(caption))


def negative_check_chat(caption: str, edited: str, taxonomy: str) -> Chat:
    """Ask whether an edit makes a caption wrong, in its taxonomy alone."""
    system = _CHECK_RULES.format(rule=_rule(taxonomy))
    asked = json.dumps({"original": caption, "edited": edited}, ensure_ascii=False)
    return Chat(NEGATIVE_CHECK, _turns(system, (), asked), CHECKER, _VERDICT_CHARACTERS)


def wrong_answer_chat(question: str, answer: str) -> Chat:
    """Ask for a wrong answer of the same kind."""
    pairs = [(_question(asked, right), wrong) for asked, right, wrong in _ANSWER_EXAMPLES]
    messages = _turns(_ANSWER_RULES, pairs, _question(question, answer))
    return Chat(WRONG_ANSWER, messages, GENERATOR, len(answer))


def wrong_answer_check_chat(caption: str, question: str, answer: str, other: str) -> Chat:
    """Ask whether another answer is valid too, given a caption of the image."""
    fields = {"description": caption, "question": question, "right": answer, "other": other}
    asked = json.dumps(fields, ensure_ascii=False)
    messages = _turns(_ANSWER_CHECK_RULES, (), asked)
    return Chat(WRONG_ANSWER_CHECK, messages, CHECKER, _VERDICT_CHARACTERS)


def aggregation_chat(pairs: Sequence[tuple[str, str]]) -> Chat:
    """Ask for a paragraph that says what (question, answer) pairs of one image say."""
    lines = [f"Q: {_one_line(question)} A: {_one_line(answer)}" for question, answer in pairs]
    asked = "\n".join(lines)
    messages = _turns(_AGGREGATION_RULES, (_AGGREGATION_EXAMPLE,), asked)
    return Chat(AGGREGATION, messages, GENERATOR, len(asked))


def _turns(
    system: str, pairs: Sequence[tuple[str, str]], asked: str
) -> tuple[tuple[str, str], ...]:
    """Rules, in-context pairs as turns of a conversation, and what is asked."""
    shown = [turn for said, reply in pairs for turn in (("user", said), ("assistant", reply))]
    return (("system", system), *shown, ("user", asked))


def _question(question: str, answer: str) -> str:
    return json.dumps({"question": question, "answer": answer}, ensure_ascii=False)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _rule(taxonomy: str) -> str:
    if taxonomy not in RULES:
        raise InputError(f"taxonomy {taxonomy!r}; allowed: {', '.join(RULES)}")
    return RULES[taxonomy]
