"""What a language model is asked and what it replies, and the key that a reply is kept under."""

import dataclasses
import hashlib
import json
import typing

GENERATOR, CHECKER = "generator", "checker"


@dataclasses.dataclass(frozen=True)
class Chat:
    """One request, text only: `messages` are (role, content) pairs.

    `version` names the prompts that it is written from; `asked_of` is GENERATOR or CHECKER;
    `expected` is about how many characters a reply has, for estimates.
    """

    version: str
    messages: tuple[tuple[str, str], ...]
    asked_of: str
    expected: int

    @property
    def characters(self) -> int:
        """Characters of all messages."""
        return sum(len(content) for _, content in self.messages)


@dataclasses.dataclass(frozen=True)
class Settings:
    """The model that is asked, and how it samples."""

    model: str
    temperature: float
    max_tokens: int
    seed: int


@dataclasses.dataclass(frozen=True)
class Reply:
    """What a model said; `truncated`: cut at the limit of new tokens; tokens as the server counts.

    A server that does not count has 0 tokens.
    """

    text: str
    truncated: bool
    tokens_in: int
    tokens_out: int


@dataclasses.dataclass(frozen=True)
class KeptReply:
    """A reply as it is kept, a line of the cache; `characters` were asked in all messages."""

    FORMAT: typing.ClassVar[str] = "reply/1"
    key: str
    model: str
    version: str
    characters: int
    reply: Reply


def reply_key(chat: Chat, settings: Settings) -> str:
    """Digest (32 hex digits) of all that a reply depends on.

    The address of the endpoint does not enter: a server that moved keeps its replies.
    """
    sampled = [settings.model, settings.temperature, settings.max_tokens, settings.seed]
    asked = [chat.version, chat.messages, sampled]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:32]
