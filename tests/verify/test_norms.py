"""Spectral norms: never below the truth, close to it, and the elimination proves what it says."""

import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth.verify import norms
from slth.verify.fixed import F
from slth.verify.norms import gram, slack, spectral

ROWS = st.integers(1, 6).flatmap(
    lambda n: st.lists(st.lists(st.integers(-(2**30), 2**30), min_size=n, max_size=n), min_size=1, max_size=6)
)


def positive_semidefinite(matrix: list[list[Fraction]]) -> bool:
    """Exact symmetric elimination; a zero pivot needs a zero row."""
    rows = [list(row) for row in matrix]
    for k in range(len(rows)):
        pivot = rows[k][k]
        if pivot < 0 or (pivot == 0 and any(rows[k][k:])):
            return False
        for i in range(k + 1, len(rows)) if pivot else ():
            factor = rows[i][k] / pivot
            rows[i] = [p - factor * q for p, q in zip(rows[i], rows[k], strict=True)]
    return True


def bounds_the_norm(rows: list[list[int]], square: Fraction) -> bool:
    """Tell exactly whether |M|_2^2 <= square."""
    g = [[Fraction(sum(p * q for p, q in zip(a, b, strict=True))) for b in rows] for a in rows]
    return positive_semidefinite([[square * (i == j) - n for j, n in enumerate(row)] for i, row in enumerate(g)])


@given(ROWS, st.integers(-10, 60))
def test_never_below_the_truth(rows: list[list[int]], bits: int) -> None:
    s = Fraction(spectral(rows, bits), 2**F) * Fraction(2) ** bits
    assert bounds_the_norm(rows, s * s)


@pytest.mark.parametrize("shape", [(1, 1), (3, 40), (60, 50), (130, 200)])
def test_close_to_the_truth(shape: tuple[int, int]) -> None:
    draw = np.random.default_rng(0)
    m = draw.integers(-(2**40), 2**40, shape)
    s = spectral(m.tolist(), 40) / 2**F
    true = np.linalg.norm(m / 2**40, 2)
    assert 1 <= s / true < 1 + 2**-11


def test_a_zero_matrix_has_norm_zero() -> None:
    assert spectral([[0, 0], [0, 0]], 42) == 0


@given(ROWS, st.integers(0, 2**63))
def test_slack_proves_only_what_is_true(rows: list[list[int]], square: int) -> None:
    g = gram([[n >> 11 for n in row] for row in rows])
    r = slack(g, square)
    if r is not None:
        exact = [[Fraction((square + r) * (i == j) - n) for j, n in enumerate(row)] for i, row in enumerate(g)]
        assert positive_semidefinite(exact)


def test_slack_pays_for_the_rounding_of_the_elimination() -> None:
    """Small integers, the square just below the largest eigenvalue: the floors let some pass, so r must not be 0."""
    draw, passed = random.Random(0), 0
    for _ in range(600):
        size = draw.choice([4, 5, 6])
        upper = [[draw.randint(-3, 3) for _ in range(size)] for _ in range(size)]
        g = [[upper[min(i, j)][max(i, j)] for j in range(size)] for i in range(size)]
        square = int(np.linalg.eigvalsh(np.array(g, float))[-1])
        r = slack(g, square) if square > 0 else None
        if r is not None:
            exact = [[Fraction(square * (i == j) - n) for j, n in enumerate(row)] for i, row in enumerate(g)]
            passed += not positive_semidefinite(exact)
            more = [[n + r * (i == j) for j, n in enumerate(row)] for i, row in enumerate(exact)]
            assert positive_semidefinite(more)
    assert passed > 0


def test_slack_refuses_a_square_below_the_norm() -> None:
    draw = random.Random(3)
    rows = [[draw.randint(-1000, 1000) for _ in range(9)] for _ in range(7)]
    top = float(np.linalg.norm(np.array(rows, float), 2)) ** 2
    assert slack(gram(rows), int(top * 0.999)) is None
    assert slack(gram(rows), int(top * 1.001)) is not None


@given(ROWS)
def test_gram_is_exact(rows: list[list[int]]) -> None:
    short = [[n >> 11 for n in row] for row in rows]
    assert gram(short) == [[sum(p * q for p, q in zip(a, b, strict=True)) for b in short] for a in short]


@pytest.mark.parametrize("wrong", [0.0, 1.0, 1e30])
def test_a_wrong_guess_only_costs_tightness(wrong: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(norms, "_guess", lambda _: wrong)
    rows = [[3, 1, -2], [5, 7, 1]]
    s = Fraction(spectral(rows, 0), 2**F)
    assert bounds_the_norm(rows, s * s)
    assert s * s <= sum(n * n for row in rows for n in row) + 1
