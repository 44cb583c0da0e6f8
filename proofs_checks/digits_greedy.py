"""Greedy digits in a base that is only known in intervals."""

import random
from collections.abc import Callable
from fractions import Fraction

import sympy as sp

from proofs_checks.algebra import identical, nonnegative
from proofs_checks.lemma import Lemma, Verdict, judge

RUNS, DIGITS = 400, 30


def lower_end(gamma: Fraction) -> Fraction:
    return 1 - gamma


def too_low(gamma: Fraction) -> Fraction:
    return (1 - gamma) * Fraction(9, 10)


def check(low: Callable[[Fraction], Fraction]) -> Verdict:
    """v_k in [`low`(gamma) gamma^k, gamma^(k+1)], adversarially; then both cases of one step in sympy."""
    return judge([*(_run(seed, low) for seed in range(RUNS)), *_induction()])


def _run(seed: int, low: Callable[[Fraction], Fraction]) -> bool:
    rng = random.Random(seed)
    gamma = Fraction(rng.randint(500, 999), 1000)
    rest, bound = Fraction(rng.randint(0, 1000) if seed % 3 else 1000, 1000), Fraction(1)
    for _ in range(DIGITS):
        ends = low(gamma) * bound, gamma * bound
        digit = rng.choice((*ends, ends[0] + (ends[1] - ends[0]) * Fraction(rng.randint(0, 8), 8)))
        rest = rest - digit if digit <= rest else rest
        bound *= gamma
        if not 0 <= rest <= bound:
            return False
    return True


def _induction() -> list[bool | None]:
    """B = gamma^k: v <= r <= B leaves r - v in [0, gamma B], as v >= (1 - gamma) B; v > r leaves r < v <= gamma B."""
    bound, gamma, a, b, c = sp.symbols("B gamma a b c", nonnegative=True)
    digit = (1 - gamma) * bound + a
    rest = bound - b
    golden = (sp.sqrt(5) - 1) / 2
    g = sp.Symbol("g", positive=True)
    return [
        nonnegative(sp.expand(gamma * bound - (rest - digit))),
        nonnegative(gamma * bound - ((gamma * bound - a) - c)),
        # intervals [(1-g) g^k, g^(k+1)] tile (0, g] iff each ends where the one before begins: g^(k+2) = (1-g) g^k
        identical(golden**2 + golden, 1),
        sp.solve(g**2 - (1 - g), g) == [golden],
    ]


LEMMA = Lemma(
    statement="for 1/2 <= gamma < 1 and any v_k in [(1-gamma) gamma^k, gamma^(k+1)], greedy subtraction from w in "
    "[0, 1] leaves 0 <= r_k <= gamma^k; the intervals tile (0, gamma] iff gamma^2 + gamma = 1",
    how="sympy, both cases of the step; adversarial rationals",
    depth=f"all parameters; {RUNS} runs of {DIGITS} digits",
    step=0,
    expected=Verdict.PROVED,
    check=check,
    claim=lower_end,
    false_statement="the same for v_k in [0.9 (1-gamma) gamma^k, gamma^(k+1)]",
    false_claim=too_low,
)
