"""The environment variables that keys of endpoints are read from."""

API_KEY = "TLDR_REWARD_API_KEY"
CHECKER_API_KEY = "TLDR_REWARD_CHECKER_API_KEY"
