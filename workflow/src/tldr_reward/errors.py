"""The one exception that the command line turns into a single line."""


class InputError(ValueError):
    """Bad input: the message says what, which value, and what is allowed, in one line."""
