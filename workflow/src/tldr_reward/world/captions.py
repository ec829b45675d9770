"""Captions: true sentences about a scene, dense or aggregated from question-answer pairs."""

from collections.abc import Sequence

import numpy as np

from tldr_reward.world.claims import (
    Claim,
    claim_absence,
    claim_count,
    claim_existence,
    claim_places,
    claim_relation,
)
from tldr_reward.world.facts import MEANINGS
from tldr_reward.world.grammar import forms_of
from tldr_reward.world.questions import Question, deny, state
from tldr_reward.world.scenes import Scene, SceneObject, one_of

CAPTION_PROMPT = "describe the image."
SENTENCES = (2, 6)
PAIRS = (3, 6)  # question-answer pairs of an aggregated caption
# How often a dense caption speaks of a thing that is there.
COUNT_SHARE = 0.5
RELATION_SHARE = 0.5
TINY_SHARE = 0.7
SIGN_SHARE = 0.7
EXISTS_SHARE = 0.15
NEGATION_SHARE = 0.35
# How often an aggregated caption denies a wrong answer instead of stating the right one. Without
# it, "the circle is not red." would be found in perturbed captions alone.
DENIAL_SHARE = 0.12
_TRIES = 20


def dense_caption(scene: Scene, rng: np.random.Generator, phrasing: str = "standard") -> str:
    """A caption of 2-6 true sentences in random order that leaves some of the scene out."""
    spoken: set[SceneObject] = set()
    claims: list[Claim] = []
    if rng.random() < RELATION_SHARE:
        claims += claim_relation(scene, rng, spoken)
    if rng.random() < NEGATION_SHARE:
        claims += claim_absence(scene, rng, spoken)
    claims += claim_places(scene, rng, spoken)
    if rng.random() < EXISTS_SHARE:
        claims += claim_existence(scene, rng, spoken)
    if rng.random() < COUNT_SHARE:
        claims += claim_count(scene, rng)
    if scene.tiny is not None and rng.random() < TINY_SHARE:
        claims.append(Claim("tiny", (scene.tiny.colour, scene.tiny.kind)))
    if scene.sign is not None and rng.random() < SIGN_SHARE:
        claims.append(Claim("sign", scene.sign.letters))
    for _ in range(_TRIES):
        plain = any(not claim.negated for claim in claims)  # what most perturbations need
        if plain and len(claims) >= SENTENCES[0]:
            break
        absence = plain and rng.random() < 0.5
        more = claim_absence(scene, rng, spoken) if absence else claim_count(scene, rng)
        claims += [claim for claim in more if claim not in claims]
    order = rng.permutation(len(claims))[: SENTENCES[1]]
    return " ".join(_write(claims[index], rng, phrasing) for index in order)


def aggregate_caption(questions: Sequence[Question], rng: np.random.Generator) -> str:
    """A caption of the statements that 3-6 question-answer pairs of an image make.

    Pairs about objects that no pair before is about come first, so that few captions say two
    things of one object: those would contradict themselves once one of the two is perturbed.
    """
    wanted = int(rng.integers(PAIRS[0], PAIRS[1] + 1))
    spoken: set[int] = set()
    fresh, stale = [], []
    for index in rng.permutation(len(questions)):
        question = questions[index]
        (stale if question.cells & spoken else fresh).append(question)
        spoken |= question.cells
    sentences: list[str] = []
    for question in (fresh + stale)[:wanted]:
        said = _said(question, rng)
        if said not in sentences:
            sentences.append(said)
    return " ".join(sentences[index] for index in rng.permutation(len(sentences)))


def _said(question: Question, rng: np.random.Generator) -> str:
    if question.wrong_answers and not question.yes_no and rng.random() < DENIAL_SHARE:
        return deny(question, one_of(rng, question.wrong_answers), rng)
    return state(question, rng)


def _write(claim: Claim, rng: np.random.Generator, phrasing: str) -> str:
    forms = forms_of(claim.meaning, claim.negated, phrasing)
    # "a red circle is not in the top row" can be said of a red circle that is there alone, so it
    # is said of every such one; without one, full denials are left ("there is no ...").
    fitting = tuple(form for form in forms if (form.presupposes is not None) == claim.there)
    slots = MEANINGS[claim.meaning].slots
    values = dict(zip(slots, claim.fact, strict=True))
    return one_of(rng, fitting or forms).write(values)
