"""A calibration: P(good) as a probability that can be read as one.

Training weighs tokens that are hard to tell more than others, and draws captions with errors far
more often than models make them: what the head gives is no share of good tokens. A line through its
log-odds puts that right and keeps the order of tokens.
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
    Platt's (1999) line. `base_rate` is the share of bad tokens where it was fitted, if it was.

    >>> Calibration(temperature=1.0, shift=0.0).probability(0.25)
    0.25
    >>> round(Calibration(1.0, 0.0, base_rate=0.02).at_base_rate(0.002).probability(0.25), 3)
    0.772
    """

    temperature: float = 1.0
    shift: float = 0.0
    base_rate: float | None = None

    def __post_init__(self) -> None:
        if not (self.temperature > 0 and math.isfinite(self.temperature + self.shift)):
            raise InputError(
                f"calibration of temperature {self.temperature} and shift {self.shift}; a "
                "temperature above 0 and a finite shift are needed"
            )

    def at_base_rate(self, base_rate: float) -> "Calibration":
        """The calibration where another share of tokens is bad (Saerens et al., 2002).

        Bad tokens are taken to look as they did where it was fitted, and good ones too: log-odds
        change by those of the base rates. InputError for what was never fitted.
        """
        check_base_rate(base_rate)
        if self.base_rate is None:
            raise InputError("this reward model is not calibrated; a base rate changes nothing")
        change = _odds(self.base_rate) - _odds(base_rate)
        return Calibration(self.temperature, self.shift + self.temperature * change, base_rate)

    def probability(self, p_good: float) -> float:
        """The calibrated probability of a P(good)."""
        return float(self.probabilities(np.array([p_good]))[0])

    def probabilities(self, p_good: np.ndarray) -> np.ndarray:
        """Calibrated probabilities of P(good) (N,)."""
        odds = (log_odds(p_good) + self.shift) / self.temperature
        return np.where(odds < 0, np.exp(-np.abs(odds)), 1.0) / (1 + np.exp(-np.abs(odds)))


def check_base_rate(base_rate: float) -> None:
    """InputError unless a base rate lies between 0 and 1."""
    if not 0 < base_rate < 1:
        raise InputError(f"base rate {base_rate}; allowed: above 0 and below 1")


def _odds(share: float) -> float:
    return math.log(share / (1 - share))


def log_odds(p_good: np.ndarray) -> np.ndarray:
    """Log-odds of probabilities (N,), finite also for 0 and 1."""
    clipped = np.clip(p_good, _SMALLEST, 1 - _SMALLEST)
    return np.log(clipped) - np.log1p(-clipped)
