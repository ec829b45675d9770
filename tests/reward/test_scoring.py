"""Which responses are scored together."""

from tldr_reward.reward.scoring import scoring_batches


def test_an_images_responses_are_scored_together():
    keys = [(1, "b"), (0, "a"), (1, "a"), (0, "a"), (1, "b")]
    assert scoring_batches(keys, 2) == [[1, 3], [2, 0], [4]]
