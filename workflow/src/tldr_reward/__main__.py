"""`python -m tldr_reward`: the same as the console command."""

from tldr_reward.cli.main import main

main()
