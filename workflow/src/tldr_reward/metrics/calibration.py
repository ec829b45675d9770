"""Calibration: P(good) of tokens as a probability that can be read as one, and how far off it is.

Training weighs tokens that are hard to tell more than others (and half of the captions hold an
error), so that what the head gives is no share of good tokens. A line through its log-odds, fitted
on validation data, puts that right and keeps the order of tokens.
"""

import dataclasses
import math

import numpy as np

from tldr_reward.errors import InputError

# Log-odds of single-precision probabilities end here.
_SMALLEST = 1e-7


@dataclasses.dataclass(frozen=True)
class Calibration:
    """Log-odds that a token is good, calibrated: (log-odds + `shift`) / `temperature`.

    `temperature` > 0; a shift of 0 is temperature scaling (Guo et al., 2017), with a shift it is
    Platt's (1999) line.
    """

    temperature: float = 1.0
    shift: float = 0.0

    def __post_init__(self) -> None:
        if not (self.temperature > 0 and math.isfinite(self.temperature + self.shift)):
            raise InputError(
                f"calibration of temperature {self.temperature} and shift {self.shift}; a "
                "temperature above 0 and a finite shift are needed"
            )

    def probability(self, p_good: float) -> float:
        """The calibrated probability of a P(good)."""
        p_good = min(max(p_good, _SMALLEST), 1 - _SMALLEST)
        odds = (math.log(p_good / (1 - p_good)) + self.shift) / self.temperature
        return 1 / (1 + math.exp(-odds)) if odds > 0 else 1 - 1 / (1 + math.exp(odds))


def log_odds(p_good: np.ndarray) -> np.ndarray:
    """Log-odds of probabilities (N,), finite also for 0 and 1."""
    clipped = np.clip(p_good, _SMALLEST, 1 - _SMALLEST)
    return np.log(clipped) - np.log1p(-clipped)
