"""The environment variables that keys of endpoints are read from."""

import os
import re
from urllib.parse import urlsplit

API_KEY = "TLDR_REWARD_API_KEY"
CHECKER_API_KEY = "TLDR_REWARD_CHECKER_API_KEY"


def key_for(source: str) -> tuple[str, str | None]:
    """Variable and value of the key for an endpoint `https://host/v1#model`.

    A host's own variable, TLDR_REWARD_API_KEY_API_OPENAI_COM for api.openai.com, comes before the
    one for all, TLDR_REWARD_API_KEY: with keys of several vendors, none sees another's.
    """
    host = urlsplit(source).hostname or ""
    own = f"{API_KEY}_{re.sub(r'[^A-Z0-9]', '_', host.upper())}"
    name = own if os.environ.get(own) else API_KEY
    return name, os.environ.get(name)


def checkers_key_for(checker: str, generator: str) -> tuple[str, str | None]:
    """Variable and value of the key for a checker of what a generator's endpoint writes.

    Its own variable comes first, then its host's; the one for all goes to the generator's server
    alone.
    """
    name, value = key_for(checker)
    shared = checker.partition("#")[0] == generator.partition("#")[0]
    if os.environ.get(CHECKER_API_KEY) or not (shared or name != API_KEY):
        return CHECKER_API_KEY, os.environ.get(CHECKER_API_KEY)
    return name, value
