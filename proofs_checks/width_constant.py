"""One number for all shapes: N_i <= C d_{i-1} log(d_{i-1} d_i l / min(eps, delta))."""

import sympy as sp
from mpmath import iv

from proofs_checks.algebra import identical, nonnegative
from proofs_checks.lemma import Lemma, Verdict, judge

EPS, DELTA, INPUTS, OUTPUTS, L = sp.symbols("eps delta d_in d_out l", positive=True)
Y, S = sp.symbols("y s", nonnegative=True)


def check(constants: tuple[int, int, int, int]) -> Verdict:
    """C for ln and for log2 with samples v relu(u), then the same with samples 2 v relu(u)."""
    rates = iv.log(iv.mpf(16) / 15), -iv.log(1 - (3 - 2 * iv.log(2)) / 16)
    facts = [
        # n <= 1 + (3 y + ln 64)/rate, y = ln(d d l/min) >= ln 2: C y - n rises in y where C > 3/rate
        (constant * unit - (1 + (3 * unit + iv.log(64)) / rate)).a >= 0 and (constant - 3 / rate).a > 0
        for rate, pair in zip(rates, (constants[:2], constants[2:]), strict=True)
        for constant, unit in ((pair[0], iv.log(2)), (pair[1] / iv.log(2), iv.log(2)))
    ]
    both = INPUTS * OUTPUTS
    share = DELTA / (2 * L * both)
    argument = 64 * L**3 * both**2 / (EPS**2 * DELTA)
    d, m = sp.symbols("d m", integer=True, nonnegative=True)
    sup = 64 * L**3 * INPUTS**2 * both / (EPS**2 * DELTA)
    facts += [
        # (2/tau - 1)(4/tau - 1) <= 8/tau^2 for tau <= 1, s = 1/tau - 1
        nonnegative(8 * (1 + S) ** 2 - (2 * (1 + S) - 1) * (4 * (1 + S) - 1)),
        identical(8 / (EPS / (2 * L * sp.sqrt(both))) ** 2 / share, argument),
        identical(8 / (EPS / (2 * L * INPUTS)) ** 2 / share, sup),
        # both are at most 64 (d_in d_out l / min(eps, delta))^3
        nonnegative((1 + d) ** 3 * (1 + m) ** 3 - (1 + d) ** 2 * (1 + m) ** 2),
        nonnegative((1 + d) ** 3 * (1 + m) ** 3 - (1 + d) ** 3 * (1 + m)),
        *(nonnegative(1 / low**3 - 1 / (eps**2 * delta)) for low, eps, delta in _orders()),
    ]
    return judge(facts, Verdict.ENCLOSED)


def _orders() -> list[tuple[sp.Expr, sp.Expr, sp.Expr]]:
    """min(eps, delta), eps and delta in either order."""
    low = sp.Symbol("low", positive=True)
    return [(low, low, low + S), (low, low + S, low)]


LEMMA = Lemma(
    statement="n_i <= 1 + (3 y + ln 64)/ln(16/15), y = ln(d_{i-1} d_i l/min(eps, delta)), hence N_i <= 141 d_{i-1} y "
    "and N_i <= 98 d_{i-1} log2(d_{i-1} d_i l/min(eps, delta)) where the argument is 2 or more; with samples "
    "2 v relu(u): 87 and 60",
    how="sympy; interval arithmetic for the constants",
    depth="all parameters",
    step=13,
    expected=Verdict.ENCLOSED,
    check=check,
    claim=(141, 98, 87, 60),
    false_statement="with 140 for 141",
    false_claim=(140, 98, 87, 60),
)
