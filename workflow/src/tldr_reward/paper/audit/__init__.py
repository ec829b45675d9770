"""What the paper's printed numbers say of each other: sums, steps, lines, sources, strength."""
