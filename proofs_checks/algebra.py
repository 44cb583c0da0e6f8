"""Identities and inequalities of sympy expressions that are decided, refuted by a point, or left open."""

from __future__ import annotations

import random
from collections.abc import Iterator

import mpmath
import sympy as sp

POINTS = 40
DIGITS = 50


def identical(left: sp.Expr, right: sp.Expr) -> bool | None:
    """Whether two expressions agree for all values of their symbols; False only with a point where they differ."""
    difference = sp.sympify(left) - sp.sympify(right)
    for value in _values(difference):
        if abs(value) > mpmath.mpf(10) ** -20:
            return False
    for simplify in (sp.expand, sp.factor, sp.simplify, lambda e: sp.simplify(sp.expand_log(e))):
        if simplify(difference) == 0:
            return True
    return None


def nonnegative(expression: sp.Expr) -> bool | None:
    """Whether an expression is >= 0 under its symbols' assumptions; False only with a point where it is negative.

    Decided where sympy sees it from the expanded, the factored or the simplified form. Slack variables, nonnegative
    by assumption, turn hypotheses such as p <= q into q = p + s.
    """
    expression = sp.sympify(expression)
    if any(value < -(mpmath.mpf(10) ** -20) for value in _values(expression)):
        return False
    for form in (sp.expand, sp.factor, sp.together, sp.simplify):
        if form(expression).is_nonnegative:
            return True
    return None


def _values(expression: sp.Expr) -> Iterator[mpmath.mpf]:
    """The expression at random rational points that respect signs, integrality and reality of its symbols."""
    rng = random.Random(str(expression))
    symbols = sorted(expression.free_symbols, key=str)
    for _ in range(POINTS if symbols else 1):
        value = sp.N(expression.subs({symbol: _draw(symbol, rng) for symbol in symbols}), DIGITS)
        if value.is_real:
            with mpmath.workdps(DIGITS):
                yield mpmath.mpf(str(value))


def _draw(symbol: sp.Symbol, rng: random.Random) -> sp.Rational:
    if symbol.is_integer:
        low = 1 if symbol.is_positive else 0 if symbol.is_nonnegative else -9
        return sp.Integer(rng.randint(low, 9))
    size = sp.Rational(rng.randint(1, 4000), 1000)
    if symbol.is_positive or symbol.is_nonnegative:
        return size
    return size * rng.choice((-1, 1))
