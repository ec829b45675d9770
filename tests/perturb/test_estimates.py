"""Estimates, worked by hand: requests, tokens, cost and time."""

import dataclasses

import pytest

from tldr_reward.perturb.estimates import Estimate, Prices, Tally, Usage, estimate_line
from tldr_reward.perturb.messages import Chat, KeptReply, Reply, Settings, reply_key

GENERATOR = Settings("big", 0.5, 30, 0)
SETTINGS = {"generator": GENERATOR, "checker": Settings("small", 0.0, 30, 0)}
CHAT = Chat("v/1", (("system", "x" * 60), ("user", "y" * 40)), "generator", 80)
CHECK = Chat("c/1", (("user", "z" * 20),), "checker", 8)


def kept(model: str, asked: int, said: int, tokens_in: int, tokens_out: int) -> KeptReply:
    return KeptReply("k", model, "v/1", asked, Reply("a" * said, False, tokens_in, tokens_out))


def test_four_characters_are_a_token_where_nothing_is_known():
    estimate = Estimate({}, SETTINGS, Usage())
    assert estimate.ask([CHAT, CHECK]) == [None, None]
    assert estimate.tally() == Tally(2, 0, 30, 22)


def test_usage_tells_better_model_by_model():
    usage = Usage()
    usage.add(kept("big", 100, 40, 50, 8))
    usage.add(kept("big", 100, 40, 0, 0))  # a server that does not count
    estimate = Estimate({}, SETTINGS, usage)
    estimate.ask([CHAT, CHECK])
    assert estimate.tally() == Tally(2, 0, 50 + 5, 16 + 2)


def test_a_reply_has_no_more_tokens_than_it_may():
    estimate = Estimate({}, SETTINGS, Usage())
    estimate.ask([dataclasses.replace(CHAT, expected=4000)])
    assert estimate.tally() == Tally(1, 0, 25, 30)


def test_replies_that_are_kept_cost_nothing_and_the_same_is_counted_once():
    reply = Reply("yes", False, 9, 1)
    estimate = Estimate({reply_key(CHAT, GENERATOR): reply}, SETTINGS, Usage())
    assert estimate.ask([CHAT, CHECK, CHECK]) == [reply, None, None]
    assert estimate.ask([CHAT]) == [reply]
    assert estimate.tally() == Tally(2, 1, 5, 2)
    assert estimate.tally().left == 1


@pytest.mark.parametrize(
    ("prices", "line"),
    [
        (
            Prices(2.0, 10.0, 60.0),
            "estimate: requests 1,200 to 9,600, of which cached 200, tokens in 500,000 to "
            "4,000,000, tokens out 20,000 to 100,000, cost 1.20 to 9.00, time 16:40 to 156:40",
        ),
        (
            Prices(None, 10.0, None),
            "estimate: requests 1,200 to 9,600, of which cached 200, tokens in 500,000 to "
            "4,000,000, tokens out 20,000 to 100,000, cost unknown without --price-in and "
            "--price-out, time unknown without --requests-per-minute",
        ),
    ],
)
def test_the_line(prices, line):
    least, most = Tally(1200, 200, 500_000, 20_000), Tally(9600, 200, 4_000_000, 100_000)
    assert estimate_line(least, most, prices) == line


def test_one_number_where_least_and_most_are_the_same():
    tally = Tally(3, 3, 0, 0)
    assert estimate_line(tally, tally, Prices(1.0, 1.0, 5.0)) == (
        "estimate: requests 3, of which cached 3, tokens in 0, tokens out 0, cost 0.00, time 0:00"
    )
