"""What a hidden unit with one input computes, and what a sum of such units can be."""

import sympy as sp

from proofs_checks.algebra import identical
from proofs_checks.lemma import Lemma, Verdict, judge

P, Q = sp.symbols("p q", nonnegative=True)
SIGNS = (1, -1)


def relu(t: sp.Expr) -> sp.Expr:
    return sp.Max(t, 0)


def check(sign: int) -> Verdict:
    """Every sign of u and x (0 included, as p and q may be 0); `sign` is that of the term u^- x^-."""
    w = sp.Symbol("w", real=True)
    facts = []
    for u, x in ((s * P, t * Q) for s in SIGNS for t in SIGNS):
        facts.append(identical(relu(u * x), relu(u) * relu(x) + sign * relu(-u) * relu(-x)))
        facts.append(identical(u * x, relu(u * x) - relu(-u * x)))
    up, down, plus, minus = sp.symbols("m_plus m_minus P N", positive=True)
    # sum_r v_r phi(a_r x), phi(t) = m_plus t for t >= 0 and m_minus t below; P and N are sum v a over a > 0 and a < 0
    on_the_right, on_the_left = up * plus + down * minus, down * plus + up * minus
    solution = sp.solve([on_the_right - w, on_the_left - w], [plus, minus], dict=True)
    facts += [len(solution) == 1]
    facts += [identical(solution[0][unknown], w / (up + down)) for unknown in (plus, minus)]
    return judge(facts)


LEMMA = Lemma(
    statement="relu(u x) = u^+ x^+ + u^- x^-, w x = relu(w x) - relu(-w x); with slopes m_+ and m_-, units of either "
    "sign sum to w x for all x iff both signs' products sum to w/(m_+ + m_-)",
    how="sympy, every case of signs",
    depth="all parameters",
    step=1,
    expected=Verdict.PROVED,
    check=check,
    claim=1,
    false_statement="relu(u x) = u^+ x^+ - u^- x^-",
    false_claim=-1,
)
