"""Every word and mark that the scene world can write: what a tokenizer of it must know."""

import re

from tldr_reward.world.captions import CAPTION_PROMPT
from tldr_reward.world.drills import DRILLS
from tldr_reward.world.fixes import FIX_PROMPT, HIGHLIGHT
from tldr_reward.world.grammar import FORMS
from tldr_reward.world.lexicon import word_categories
from tldr_reward.world.lists import LIST_PROMPT
from tldr_reward.world.questions import CHOICE_LETTERS, KINDS, YES_NO
from tldr_reward.world.untaught import PARITIES, PARITY_QUESTION, WINNER_QUESTION, WINNERS

_PLACEHOLDER = re.compile(r"\{\w+\}")
_TOKEN = re.compile(r"\([A-D]\)|\w+|[^\w\s\[\]]")


def vocabulary() -> tuple[str, ...]:
    """Words and punctuation of all sentences, questions, answers and prompts, sorted.

    A choice's letter in brackets, as in "(A)", is one word.
    """
    templates = [form.template for form in FORMS]
    templates += [kind.template for kind in KINDS.values()]
    texts = [_PLACEHOLDER.sub(" ", template) for template in templates]
    texts += [" ".join(words) for words in word_categories().values()]
    texts += [
        CAPTION_PROMPT,
        LIST_PROMPT,
        *DRILLS,
        FIX_PROMPT,
        HIGHLIGHT,
        *CHOICE_LETTERS,
        *YES_NO,
        "of",
    ]
    texts += [PARITY_QUESTION, *PARITIES, WINNER_QUESTION, *WINNERS]
    return tuple(sorted({token for text in texts for token in _TOKEN.findall(text)}))
