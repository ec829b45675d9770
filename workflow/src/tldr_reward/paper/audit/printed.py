"""A printed number as what it may stand for: exact intervals under three ways of rounding."""

import dataclasses
import functools
from decimal import Decimal
from fractions import Fraction

HALF_UP, HALF_EVEN, TRUNCATED = "rounded half up", "rounded half to even", "truncated"
MODES = (HALF_UP, HALF_EVEN, TRUNCATED)

CONSISTENT = "consistent"
WITHIN_ROUNDING = "consistent within rounding"
INCONSISTENT = "inconsistent"
UNKNOWN = "cannot be told"
VERDICTS = (INCONSISTENT, WITHIN_ROUNDING, CONSISTENT, UNKNOWN)


@dataclasses.dataclass(frozen=True)
class Printed:
    """A number with the decimals that are printed; `step` is one unit of the last of them."""

    text: str
    value: Fraction
    step: Fraction

    @functools.cached_property
    def steps(self) -> int:
        """The number in units of its last decimal."""
        return int(self.value / self.step)

    @functools.cached_property
    def rounded(self) -> tuple[float, float]:
        """What it may stand for if it was rounded: half a step to either side."""
        return float(self.value - self.step / 2), float(self.value + self.step / 2)

    @functools.cached_property
    def widest(self) -> tuple[float, float]:
        """What it may stand for if it was rounded or truncated."""
        away = self.step if self.value >= 0 else -self.step
        ends = (self.value - self.step / 2, self.value + self.step / 2, self.value + away)
        return float(min(ends)), float(max(ends))


def printed(text: str) -> Printed:
    """Read a printed number such as 0.030, -6.51 or 3.458e-4."""
    number = Decimal(text)
    return Printed(text, Fraction(number), Fraction(Decimal(1).scaleb(number.as_tuple().exponent)))


def modes_of(value: Fraction, number: Printed) -> list[str]:
    """The ways of rounding under which an exact value is printed as this number."""
    # In whole numbers: of all counts and sizes, fractions would take ten times as long.
    steps = abs(value.numerator) * number.step.denominator
    unit = value.denominator * number.step.numerator
    whole, rest = divmod(steps, unit)
    sign = -1 if value < 0 else 1
    shown = {
        HALF_UP: whole + (2 * rest >= unit),
        HALF_EVEN: whole + (2 * rest > unit or (2 * rest == unit and whole % 2)),
        TRUNCATED: whole,
    }
    return [mode for mode in MODES if sign * shown[mode] == number.steps]


def verdict_of_range(
    number: Printed, point: float, low: float, high: float, widest: tuple[float, float]
) -> str:
    """The verdict on a printed number that was recomputed from rounded inputs.

    `point`: from the inputs as printed; `low`, `high`: reachable within their rounding;
    `widest`: reachable if inputs may be truncated too.
    """
    below, above = number.rounded
    if below <= point <= above:
        return CONSISTENT
    if low <= above and high >= below:
        return WITHIN_ROUNDING
    below, above = number.widest
    return WITHIN_ROUNDING if widest[0] <= above and widest[1] >= below else INCONSISTENT
