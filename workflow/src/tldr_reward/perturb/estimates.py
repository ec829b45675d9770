"""What a run will ask and cost, counted before anything is asked."""

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence

from tldr_reward.perturb.messages import Chat, KeptReply, Reply, Settings, reply_key
from tldr_reward.progress import clock

RULE_OF_THUMB = 4.0  # characters a token, where no usage is known


@dataclasses.dataclass(frozen=True)
class Tally:
    """Requests, how many of them have a reply already, and the tokens of those that have none."""

    requests: int
    cached: int
    tokens_in: int
    tokens_out: int

    @property
    def left(self) -> int:
        """Requests that are still to be paid for."""
        return self.requests - self.cached


class Usage:
    """Characters a token, as endpoints have counted so far, by model."""

    def __init__(self) -> None:
        self._sums: dict[str, Counter[str]] = {}

    def add(self, kept: KeptReply) -> None:
        """Learn from a reply; one whose tokens were not counted says nothing."""
        if kept.reply.tokens_in and kept.reply.tokens_out:
            self._sums.setdefault(kept.model, Counter()).update(
                asked=kept.characters,
                said=len(kept.reply.text),
                tokens_in=kept.reply.tokens_in,
                tokens_out=kept.reply.tokens_out,
            )

    def tokens_in(self, model: str, characters: int) -> float:
        """Tokens of so many characters of messages."""
        return characters / self._characters(model, "asked", "tokens_in")

    def tokens_out(self, model: str, characters: int) -> float:
        """Tokens of a reply of so many characters, thoughts that are not shown included."""
        return characters / self._characters(model, "said", "tokens_out")

    def _characters(self, model: str, of: str, tokens: str) -> float:
        sums = self._sums.get(model)
        return sums[of] / sums[tokens] if sums and sums[of] else RULE_OF_THUMB


class Estimate:
    """Stands in for asking: replies that are kept, None for others, each of them counted once."""

    def __init__(
        self, kept: Mapping[str, Reply], settings: Mapping[str, Settings], usage: Usage
    ) -> None:
        self.kept, self.settings, self.usage = kept, settings, usage
        self._asked: set[str] = set()
        self._cached = 0
        self._tokens = [0.0, 0.0]

    def ask(self, chats: Sequence[Chat]) -> list[Reply | None]:
        """Replies of chats, where there are any."""
        return [self._reply(chat) for chat in chats]

    def _reply(self, chat: Chat) -> Reply | None:
        settings = self.settings[chat.asked_of]
        key = reply_key(chat, settings)
        reply = self.kept.get(key)
        if key not in self._asked:
            self._asked.add(key)
            self._cached += reply is not None
            if reply is None:
                self._tokens[0] += self.usage.tokens_in(settings.model, chat.characters)
                expected = self.usage.tokens_out(settings.model, chat.expected)
                self._tokens[1] += min(settings.max_tokens, expected)
        return reply

    def tally(self) -> Tally:
        """What was counted so far."""
        return Tally(len(self._asked), self._cached, *map(round, self._tokens))


@dataclasses.dataclass(frozen=True)
class Prices:
    """Prices of a million tokens, in the same unit, and the limit of requests a minute."""

    tokens_in: float | None
    tokens_out: float | None
    per_minute: float | None


def estimate_line(least: Tally, most: Tally, prices: Prices) -> str:
    """One line: requests, tokens, cost and time, from `least` to `most`."""
    facts = [
        f"requests {_range(least.requests, most.requests)}",
        f"of which cached {_range(least.cached, most.cached)}",
        f"tokens in {_range(least.tokens_in, most.tokens_in)}",
        f"tokens out {_range(least.tokens_out, most.tokens_out)}",
        _cost(least, most, prices),
        _time(least, most, prices.per_minute),
    ]
    return "estimate: " + ", ".join(facts)


def _cost(least: Tally, most: Tally, prices: Prices) -> str:
    if prices.tokens_in is None or prices.tokens_out is None:
        return "cost unknown without --price-in and --price-out"
    low, high = (
        (tally.tokens_in * prices.tokens_in + tally.tokens_out * prices.tokens_out) / 1e6
        for tally in (least, most)
    )
    return f"cost {_span(f'{low:,.2f}', f'{high:,.2f}')}"


def _time(least: Tally, most: Tally, per_minute: float | None) -> str:
    if per_minute is None:
        return "time unknown without --requests-per-minute"
    low, high = (clock(tally.left * 60 / per_minute) for tally in (least, most))
    return f"time {_span(low, high)}"


def _range(low: int, high: int) -> str:
    return _span(f"{low:,}", f"{high:,}")


def _span(low: str, high: str) -> str:
    return low if low == high else f"{low} to {high}"
