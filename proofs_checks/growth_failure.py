"""n steps of the contraction, and Markov's inequality at the end."""

from collections.abc import Callable

import sympy as sp

from proofs_checks.algebra import identical, nonnegative
from proofs_checks.lemma import Lemma, Verdict, judge

A, EPS, PHI, LEVEL, RATIO, U, S = sp.symbols("a eps Phi t rho u s", positive=True)
N = sp.Symbol("n", integer=True, nonnegative=True)
D = sp.Symbol("d", integer=True, positive=True)


def bound(a: sp.Symbol, eps: sp.Symbol) -> sp.Expr:
    return ((2 * a / eps) ** D - 1) * ((4 * a / eps) ** D - 1)


def without_markov(a: sp.Symbol, eps: sp.Symbol) -> sp.Expr:
    return (2 * a / eps) ** D - 1


def check(factor: Callable[[sp.Symbol, sp.Symbol], sp.Expr]) -> Verdict:
    """P(uncovered share >= eta) <= `factor` rho^n for A_0 = [-eps/2, eps/2]^d, I = [-a, a]^d, eta = (eps/4a)^d."""
    start = 1 / (EPS / (2 * A)) ** D - 1
    eta = ((EPS / 2) / (2 * A)) ** D
    least = (eta / (1 - eta)).simplify()  # Phi where v = 1 - eta; Phi falls in v
    return judge(
        (
            identical(start * RATIO**N / least, factor(A, EPS) * RATIO**N),
            identical(RATIO * (RATIO**N * PHI), RATIO ** (N + 1) * PHI),
            identical(1 / (1 - U) - 1, U / (1 - U)),
            nonnegative(-sp.diff(1 / U - 1, U)),
            nonnegative((LEVEL + S) / LEVEL - 1),  # Markov where Phi = t + s: 1 <= Phi/t
            nonnegative(PHI / LEVEL),  # and elsewhere: 0 <= Phi/t
        )
    )


LEMMA = Lemma(
    statement="if E Phi(v_{t+1}) <= rho Phi(v_t) and A_0 = [-eps/2, eps/2]^d, then after n samples the share of "
    "I = [-a, a]^d not reached is (eps/(4a))^d or more with probability at most "
    "((2a/eps)^d - 1)((4a/eps)^d - 1) rho^n",
    how="sympy identities",
    depth="all parameters",
    step=7,
    expected=Verdict.PROVED,
    check=check,
    claim=bound,
    false_statement="with probability at most ((2a/eps)^d - 1) rho^n",
    false_claim=without_markov,
)
