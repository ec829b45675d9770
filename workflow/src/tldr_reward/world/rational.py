"""Rational functions with exact coefficients: read from code without running it, their parity."""

import ast
import dataclasses
import re
from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from tldr_reward.errors import InputError

Polynomial = Mapping[int, Fraction]  # power of x -> coefficient; no coefficient is 0
_MOST_POWER = 64
_MOST_NODES = 500


@dataclasses.dataclass(frozen=True)
class Rational:
    """f(x) = numerator / denominator, polynomials in x."""

    numerator: Polynomial
    denominator: Polynomial

    def values(self, x: np.ndarray) -> np.ndarray:
        """f at the points `x`, any shape; inf or NaN where the denominator is 0."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return _evaluate(self.numerator, x) / _evaluate(self.denominator, x)

    def parity(self) -> str:
        """`even`, `odd`, `neither`, or `both` (f = 0): an identity of polynomials, no sampling."""
        straight = _product(self.numerator, _mirrored(self.denominator))
        crossed = _product(_mirrored(self.numerator), self.denominator)
        if not straight:
            return "both"
        if straight == crossed:
            return "even"
        return "odd" if _sum(straight, crossed) == {} else "neither"


def parse_function(code: str) -> Rational:
    """The function that `f(x) = ...` defines, from numbers, x, + - * / ** and brackets alone.

    The code is parsed, never run; anything else in it is an InputError.
    """
    match = re.fullmatch(r"\s*f\(x\)\s*=(.+)", code, re.DOTALL)
    if not match:
        raise InputError(f"function {code[:60]!r}: f(x) = ... is needed")
    try:
        tree = ast.parse(match[1].strip(), mode="eval")
        if sum(1 for _ in ast.walk(tree)) > _MOST_NODES:
            raise InputError(f"function {code[:60]!r} has more than {_MOST_NODES} parts")
        return _read(tree.body)
    except (SyntaxError, RecursionError, MemoryError, ZeroDivisionError) as error:
        raise InputError(f"function {code[:60]!r}: {error}") from None


def parse_latex(text: str) -> Rational:
    r"""The function of `$$f(x) = ...$$` in SymPy's LaTeX: \frac, ^{}, products without a sign."""
    body = text.strip().strip("$").replace(r"\left", "").replace(r"\right", "")
    body = re.sub(r"\^\{(\d+)\}", r"**\1", body).replace(r"\cdot", "*")
    while r"\frac" in body:
        start = body.rindex(r"\frac")  # the innermost comes last
        top = _braced(body, start + len(r"\frac"))
        bottom = _braced(body, top[1])
        over = f"(({top[0]})/({bottom[0]}))"
        body = body[:start] + over + body[bottom[1] :]
    # A product is written without a sign: 2 x, 2 (x + 1), x (x + 1), ( ) ( ).
    name, _, formula = body.partition("=")
    formula = re.sub(r"(?<=[\dx)])\s*(?=[x(])", "*", formula)
    return parse_function(f"{name.strip()} ={formula}")


def _braced(text: str, start: int) -> tuple[str, int]:
    """What stands between the braces at `start`, and where they end."""
    depth = 0
    for place in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return text[start + 1 : place], place + 1
    raise InputError(f"LaTeX {text[:60]!r}: a brace is not closed")


def _read(node: ast.expr) -> Rational:
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            # The decimal as it is written: 11.16 is 279/25.
            return _constant(Fraction(repr(value)))
        case ast.Name(id="x"):
            return Rational({1: Fraction(1)}, {0: Fraction(1)})
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _times(_constant(Fraction(-1)), _read(operand))
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _plus(_read(left), _read(right))
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return _plus(_read(left), _times(_constant(Fraction(-1)), _read(right)))
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _times(_read(left), _read(right))
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return _times(_read(left), _inverse(_read(right)))
        case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=int() as power)):
            if not 0 <= power <= _MOST_POWER:
                raise InputError(f"power {power} in a function; allowed: 0 to {_MOST_POWER}")
            result = _constant(Fraction(1))
            for _ in range(power):
                result = _times(result, _read(left))
            return result
    raise InputError(f"{ast.unparse(node)[:60]!r} in a function; allowed: numbers, x, + - * / **")


def _constant(value: Fraction) -> Rational:
    return Rational({0: value} if value else {}, {0: Fraction(1)})


def _plus(first: Rational, second: Rational) -> Rational:
    if first.denominator == second.denominator:
        return Rational(_sum(first.numerator, second.numerator), first.denominator)
    return Rational(
        _sum(
            _product(first.numerator, second.denominator),
            _product(second.numerator, first.denominator),
        ),
        _product(first.denominator, second.denominator),
    )


def _times(first: Rational, second: Rational) -> Rational:
    return Rational(
        _product(first.numerator, second.numerator), _product(first.denominator, second.denominator)
    )


def _inverse(value: Rational) -> Rational:
    if not value.numerator:
        raise InputError("a function divides by 0")
    return Rational(value.denominator, value.numerator)


def _sum(first: Polynomial, second: Polynomial) -> Polynomial:
    powers = {power: first.get(power, 0) + second.get(power, 0) for power in {*first, *second}}
    return {power: value for power, value in powers.items() if value}


def _product(first: Polynomial, second: Polynomial) -> Polynomial:
    powers: dict[int, Fraction] = {}
    for power, value in first.items():
        for other, factor in second.items():
            powers[power + other] = powers.get(power + other, Fraction(0)) + value * factor
    return {power: value for power, value in powers.items() if value}


def _mirrored(polynomial: Polynomial) -> Polynomial:
    """The polynomial at -x."""
    return {power: -value if power % 2 else value for power, value in polynomial.items()}


def _evaluate(polynomial: Polynomial, x: np.ndarray) -> np.ndarray:
    result = np.zeros_like(x, dtype=float)
    for power, value in sorted(polynomial.items()):
        result = result + float(value) * x**power
    return result
