"""Free text read as an answer to a question of the world, or not at all."""

import re

from tldr_reward.world.questions import CHOICE_LETTERS, multiple_choices, statement

_MARKED = re.compile(r"\(([A-D])\)")
_EDGES = " \t\n.,;:!?\"'"


def read_answer(prompt: str, text: str) -> str | None:
    """The answer that a text gives in the form of the right one; None where it gives none.

    Multiple choice, as BLINK's scorer: a letter alone, with or without brackets, else the one
    letter in brackets that the text names; else the one option whose words are the text. Open
    questions: the text itself, without case or marks at its edges, if it answers such a question.
    """
    plain = " ".join(text.split()).strip(_EDGES)
    choices = multiple_choices(prompt)
    if choices is None:
        answer = plain.lower()
        # Letters on a sign are said in capitals.
        said = [form for form in (answer, answer.upper()) if statement(prompt, form) is not None]
        return said[0] if said else None
    _, options = choices
    marked = {f"({letter})" for letter in _MARKED.findall(text)}
    if f"({plain.strip('()')})" in CHOICE_LETTERS:
        marked = {f"({plain.strip('()')})"}
    if not marked:
        marked = {mark for mark, option in options.items() if option.lower() == plain.lower()}
    offered = marked & set(options)
    return offered.pop() if len(marked) == len(offered) == 1 else None
