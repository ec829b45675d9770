"""`python -m tldr_reward.bench speed ...` is `tldr-reward bench-speed ...`; likewise the others."""

import sys

from tldr_reward.cli.main import main

if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
    sys.argv[1] = f"bench-{sys.argv[1]}"
main()
