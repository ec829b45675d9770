"""Prompts and choices of the two benchmarks that no split teaches: function plots, chess boards.

Their words are known to a mini tokenizer, so that they can be read and said, and trained nowhere.
"""

# The labels of IsoBench's math_parity and winner_id, in its own order of choices: sorted.
PARITIES = ("even", "neither", "odd")
WINNERS = ("black", "draw", "white")
PARITY_QUESTION = "is the function even, odd or neither?"
WINNER_QUESTION = "who wins the game, black or white, or is it a draw?"
