"""What an answer in free text chooses, by the rules of each benchmark's official scorer.

Where an official scorer would ask a language model, or falls back on a default, an answer counts as
not understood, and so as wrong: the rate of such answers is reported beside the accuracy.
"""

import re
from collections.abc import Sequence

NOT_UNDERSTOOD = ""


def parse_blink(text: str, options: Sequence[str], choices: Sequence[str]) -> str:
    """The option that an answer chooses by BLINK's rules; "" when it chooses none.

    The whole answer is a letter, bare or in brackets; or one option alone stands in it as a word
    of its own ("(B)", not "(B)."); or one alone stands so in its last paragraph. `choices`, the
    options' texts, play no part: where the letters are missing, BLINK asks GPT-3.5.
    """
    if text in ("A", "B", "C", "D", "E"):
        return _offered(f"({text})", options)
    if text in ("(A)", "(B)", "(C)", "(D)", "(E)"):
        return _offered(text, options)
    found = set(options) & set(text.split())
    last = set(options) & set(text.split("\n\n")[-1].split())
    for chosen in (last, found):
        if len(chosen) == 1:
            return chosen.pop()
    return NOT_UNDERSTOOD


def parse_isobench(text: str, options: Sequence[str], choices: Sequence[str]) -> str:
    """The option that an answer chooses by IsoBench's rules; "" when it is not clear which.

    IsoBench has GPT-3.5 match an answer to the choices; its rule without GPT-3.5 takes the first
    choice that is named, in any case, then a letter, then the first choice whatever was said. Kept
    of that is what is clear: one choice named alone, a denial of all others ("neither even nor
    odd", where a choice is "neither"), or a letter that stands alone.
    """
    words = re.findall(r"\(?\w+\)?", text.lower())
    named = [choice for choice in choices if choice.lower() in {word.strip("()") for word in words}]
    if "neither" in named:
        named = ["neither"]
    if len(named) == 1:
        return options[choices.index(named[0])]
    if named:
        return NOT_UNDERSTOOD
    letters = {f"({letter})" for letter in re.findall(r"(?<!\w)\(?([A-E])\)?(?!\w)", text)}
    if len(letters) == 1 and (letter := letters.pop()) in _letters(choices):
        return options[_letters(choices).index(letter)]
    return NOT_UNDERSTOOD


def _offered(option: str, options: Sequence[str]) -> str:
    return option if option in options else NOT_UNDERSTOOD


def _letters(choices: Sequence[str]) -> list[str]:
    return [f"({letter})" for letter, _ in zip("ABCDE", choices, strict=False)]


PARSERS = {"blink": parse_blink, "isobench": parse_isobench}
