"""From errors of single weights to the error of a layer."""

from collections.abc import Callable

import sympy as sp

from proofs_checks.algebra import identical, nonnegative
from proofs_checks.lemma import Lemma, Verdict, judge

TAU, X, S = sp.symbols("tau x s", nonnegative=True)
OUT, IN = sp.symbols("d_out d_in", integer=True, positive=True)


def product(outputs: sp.Symbol, inputs: sp.Symbol) -> sp.Expr:
    return outputs * inputs


def larger(outputs: sp.Symbol, inputs: sp.Symbol) -> sp.Expr:
    return sp.Max(outputs, inputs)


def check(growth: Callable[[sp.Symbol, sp.Symbol], sp.Expr]) -> Verdict:
    """|W'_+ x^+ - W'_- x^- - W x|^2 <= tau^2 `growth` |x|^2 for W'_+ and W'_- entrywise within tau of W."""
    r = sp.Symbol("r", nonnegative=True)
    tau, error = (r + S) / 2, (r - S) / 2  # any error of size at most tau; only one of x^+ and x^- is not 0
    facts = [nonnegative(sp.expand(tau * X - error * X)), nonnegative(sp.expand(tau * X + error * X))]
    row, squares = sp.symbols("row squares", nonnegative=True)  # row = sum |x_j|; squares = |x|^2
    spare = sp.Symbol("spare", nonnegative=True)  # d_in squares - row^2, >= 0: norm_entries
    layer = OUT * TAU**2 * row**2
    facts += [
        identical((OUT * IN * TAU**2 * squares - layer).subs(squares, (row**2 + spare) / IN), OUT * TAU**2 * spare),
        nonnegative(OUT * TAU**2 * spare),
        # attained: all errors tau, all inputs 1
        nonnegative(growth(OUT, IN) * IN - layer.subs({TAU: 1, row: IN})),
        nonnegative(growth(OUT, IN) - OUT * IN),
    ]
    most, gap = sp.symbols("most gap", nonnegative=True)
    facts.append(nonnegative(IN * most - (IN * most - gap)))  # sup norm: sum |x_j| is d_in max |x_j| less the gaps
    return judge(facts)


LEMMA = Lemma(
    statement="if both matrices of a layer W'_+ x^+ - W'_- x^- are entrywise within tau of W, it is within "
    "tau sqrt(d_out d_in) |x|_2 of W x in the 2-norm, and tau d_in |x|_inf in the sup norm; both are attained",
    how="sympy, by signs and slack",
    depth="all parameters",
    step=11,
    expected=Verdict.PROVED,
    check=check,
    claim=product,
    false_statement="within tau sqrt(max(d_out, d_in)) |x|_2 in the 2-norm",
    false_claim=larger,
)
