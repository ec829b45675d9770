"""What the commands that ask a language model share: options, estimate, and asking itself."""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click

from tldr_reward.cli.api_key import checkers_key_for, key_for
from tldr_reward.cli.reply_cache import ReplyCache
from tldr_reward.perturb.estimates import Estimate, Prices, estimate_line
from tldr_reward.perturb.messages import (
    CHECKER,
    GENERATOR,
    Chat,
    KeptReply,
    Reply,
    Settings,
    reply_key,
)
from tldr_reward.progress import Progress


@dataclasses.dataclass(frozen=True)
class Asking:
    """How a language model is asked, and whether it is only estimated what that takes.

    Each field is the command line's option of that name.
    """

    endpoint: str
    temperature: float
    max_tokens: int
    seed: int
    cache: Path
    at_once: int
    timeout: float
    retries: int
    requests_per_minute: float | None
    price_in: float | None
    price_out: float | None
    estimate: bool

    def prices(self) -> Prices:
        """What an estimate reckons with."""
        return Prices(self.price_in, self.price_out, self.requests_per_minute)


_POSITIVE = click.FloatRange(min=0, min_open=True)
_OPTIONS = (
    click.option("--endpoint", required=True, help="https://host/v1#model"),
    click.option("--max-tokens", type=click.IntRange(1), default=1024, show_default=True),
    click.option("--seed", type=click.IntRange(0), default=0, show_default=True),
    click.option(
        "--cache",
        type=click.Path(path_type=Path, dir_okay=False),
        required=True,
        help="file that replies are kept in, and that a run goes on from",
    ),
    click.option("--at-once", type=click.IntRange(1), default=8, show_default=True),
    click.option("--timeout", type=_POSITIVE, default=120.0, show_default=True, help="seconds"),
    click.option("--retries", type=click.IntRange(0), default=6, show_default=True),
    click.option("--requests-per-minute", type=_POSITIVE),
    click.option("--price-in", type=click.FloatRange(0), help="of a million tokens asked"),
    click.option("--price-out", type=click.FloatRange(0), help="of a million tokens replied"),
    click.option("--estimate", is_flag=True, help="say what it would take, and ask nothing"),
)


def asking_options(temperature: float) -> Callable[[Callable], Callable]:
    """Give a command the options of an Asking, which it gets as `asking`."""

    def decorate(command: Callable) -> Callable:
        @functools.wraps(command)
        def with_asking(**options):
            names = [field.name for field in dataclasses.fields(Asking)]
            asking = Asking(**{name: options.pop(name) for name in names})
            return command(asking=asking, **options)

        kind = click.FloatRange(0)
        shown = click.option("--temperature", type=kind, default=temperature, show_default=True)
        for option in reversed((*_OPTIONS, shown)):
            with_asking = option(with_asking)
        return with_asking

    return decorate


class Conversation:
    """Asks the endpoints of an Asking, and asks nothing twice that the cache has a reply to."""

    def __init__(self, asking: Asking, checker: str | None = None) -> None:
        from tldr_reward.perturb.chat import Key, Pace, address_and_model

        self.asking = asking
        self.cache = ReplyCache(asking.cache)
        self.sources = {GENERATOR: asking.endpoint, CHECKER: checker or asking.endpoint}
        models = {part: address_and_model(source) for part, source in self.sources.items()}
        # A key goes to the host that it is for, and to no other.
        self.keys = {
            GENERATOR: Key(*key_for(asking.endpoint)),
            CHECKER: Key(*checkers_key_for(self.sources[CHECKER], asking.endpoint)),
        }
        temperatures = {GENERATOR: asking.temperature, CHECKER: 0.0}
        self.settings: Mapping[str, Settings] = {
            part: Settings(model, temperatures[part], asking.max_tokens, asking.seed)
            for part, (_, model) in models.items()
        }
        self.pace = Pace(asking.requests_per_minute)
        self.endpoints: dict = {}
        self.progress = Progress(0, f"asking {self.settings[GENERATOR].model}")
        self._wanted: set[str] = set()

    def estimated(self, least: Callable, most: Callable) -> int:
        """Print what a run takes; returns its fewest requests that are still to be paid for.

        `least` and `most` do the run with an `ask` that knows the replies of the cache alone.
        """
        tallies = []
        for run in (least, most):
            estimate = Estimate(self.cache.replies, self.settings, self.cache.usage)
            run(estimate.ask)
            tallies.append(estimate.tally())
        click.echo(estimate_line(*tallies, self.asking.prices()))
        return tallies[0].left

    def begin(self, requests: int) -> None:
        """Show progress towards so many requests."""
        self.progress = Progress(requests, self.progress.label)

    def settled(self, done: int, total: int) -> None:
        """So many originals of `total` are done: reckon anew how many requests are left."""
        left = len(self._wanted) * (total - done) / done
        self.progress.total = self.progress.done + round(left)

    def ask(self, chats: Sequence[Chat]) -> list[Reply]:
        """Replies to chats, in their order."""
        from tldr_reward.perturb.chat import ask_all

        keys = [reply_key(chat, self.settings[chat.asked_of]) for chat in chats]
        wanted = dict(zip(keys, chats, strict=True))  # the same may be asked for twice
        new = [(key, chat) for key, chat in wanted.items() if key not in self.cache.replies]
        for part in {chat.asked_of for _, chat in new} - set(self.endpoints):
            self.endpoints[part] = self._endpoint(part)
        self._wanted.update(keys)
        self.progress.total = max(self.progress.total, self.progress.done + len(new))
        ask_all(new, self._ask_one, self.asking.at_once, self.pace, self.progress.step)
        return [self.cache.replies[key] for key in keys]

    def _endpoint(self, part: str):
        from tldr_reward.perturb.chat import ChatEndpoint

        source, key = self.sources[part], self.keys[part]
        return ChatEndpoint(source, key, self.asking.timeout, self.asking.retries, self.pace)

    def _ask_one(self, job: tuple[str, Chat]) -> None:
        """Ask for one reply and keep it at once: what came is paid for, whatever comes after."""
        key, chat = job
        settings = self.settings[chat.asked_of]
        reply = self.endpoints[chat.asked_of].reply(chat, settings)
        self.cache.add(KeptReply(key, settings.model, chat.version, chat.characters, reply))
