"""Sentences to fix: what is asked, and that the answer is the least edit that makes it true."""

import numpy as np

from tldr_reward.spans import differing_spans
from tldr_reward.world.fixes import fix_prompt, write_fix
from tldr_reward.world.oracle import judge_caption
from tldr_reward.world.splits import draw_splits


def test_a_prompt_marks_the_words_that_may_be_wrong():
    assert fix_prompt("a big ring is small.") == "fix: a big ring is small."
    marked = fix_prompt("a big ring is small.", [(2, 5), (14, 19)])
    assert marked == "fix: a *big ring is *small."


def test_the_answer_is_true_and_differs_in_one_word_that_the_oracle_blames():
    rng = np.random.default_rng(5)
    kinds = set()
    for scene in draw_splits({"pretrain": 300}, seed=3)["pretrain"]:
        prompt, true = write_fix(scene, rng)
        assert [verdict.true for verdict in judge_caption(scene, true)] == [True]
        shown = prompt.removeprefix("fix: ").replace("*", "")
        changed = differing_spans(true, shown)
        kinds.add((len(changed), "*" in prompt))
        if changed:
            (verdict,) = judge_caption(scene, shown)
            assert verdict.bad_spans == changed
            if "*" in prompt:
                assert prompt == fix_prompt(shown, changed)
    # Wrong and true sentences, each with and without a highlight.
    assert kinds == {(0, False), (0, True), (1, False), (1, True)}
