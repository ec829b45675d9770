"""The fix task: a sentence with a wrong word, and the least edit that makes it true.

Mini backbones learn it in pre-training, as the models of section 6.2 follow such instructions:
guidance on where a caption may be wrong can then matter (table 4).
"""

from collections.abc import Sequence

import numpy as np

from tldr_reward.records import Span
from tldr_reward.spans import sentence_spans
from tldr_reward.world.asking import known_words
from tldr_reward.world.captions import dense_caption
from tldr_reward.world.grammar import Parse, parse_sentence
from tldr_reward.world.lexicon import RELATIONS, word_choices
from tldr_reward.world.oracle import judge_caption
from tldr_reward.world.scenes import Scene, one_of

FIX_PROMPT = "fix:"
HIGHLIGHT = "*"  # stands before a highlighted word
HIGHLIGHTED_SHARE = 0.5
# Nothing is wrong with some sentences, whether or not a word of theirs is highlighted.
TRUE_SHARE = 0.25
_TRIES = 20


def fix_prompt(sentence: str, highlights: Sequence[Span] = ()) -> str:
    """What asks for a sentence's correction; `highlights` are spans of words that may be wrong."""
    marked = sentence
    for start, _ in sorted(highlights, reverse=True):
        marked = f"{marked[:start]}{HIGHLIGHT}{marked[start:]}"
    return f"{FIX_PROMPT} {marked}"


def write_fix(scene: Scene, rng: np.random.Generator) -> tuple[str, str] | None:
    """A prompt and the true sentence that answers it; None where no such error was found.

    The oracle finds the changed word, and no other, to be wrong: the answer can be known.
    """
    wanted = rng.random() >= TRUE_SHARE
    for _ in range(_TRIES):
        text = dense_caption(scene, rng)
        true = one_of(rng, [text[start:end] for start, end in sentence_spans(text)])
        parse = parse_sentence(true)
        slot = one_of(rng, sorted(parse.spans))
        start, end = parse.spans[slot]
        other = one_of(rng, _others(scene, parse, slot, true[start:end]))
        shown, place = true, (start, end)
        if wanted:
            shown, place = f"{true[:start]}{other}{true[end:]}", (start, start + len(other))
            (verdict,) = judge_caption(scene, shown)
            if verdict.explanations != ((place,),):
                continue
        highlights = [place] if rng.random() < HIGHLIGHTED_SHARE else []
        return fix_prompt(shown, highlights), true
    return None


def _others(scene: Scene, parse: Parse, slot: str, word: str) -> list[str]:
    """Words that could stand in a word's place without any other word to change."""
    if slot == "relation":  # "left of" and "above" do not replace each other
        return [RELATIONS[RELATIONS.index(word) ^ 1]]
    choices = known_words(scene).numbers if slot == "number" else word_choices(slot, word)
    return [choice for choice in choices if choice != word]
