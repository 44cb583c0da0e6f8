"""Verified spectral norms: never below the true one, close to it, and refused where they are false."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth.certify.norms import dominated, spectral
from slth.certify.operators import Matrix


@given(st.integers(0, 2**32), st.integers(1, 30), st.integers(1, 30), st.integers(-200, 200))
def test_at_least_the_singular_value_and_close(seed: int, rows: int, columns: int, power: int) -> None:
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(rows, columns)) * 10.0**power
    true = float(np.linalg.norm(matrix, 2))
    assert true * (1 - 1e-12) <= spectral(matrix) <= true * (1 + 1e-5)


@given(st.integers(0, 2**32))
def test_two_rows_exactly(seed: int) -> None:
    """s² I - M Mᵀ is positive semi-definite by its exact determinant and diagonal."""
    rng = np.random.default_rng(seed)
    matrix = rng.integers(-5, 6, (2, 3)) + rng.normal(size=(2, 3)) * 10.0 ** rng.integers(-16, 1)
    square = Fraction(spectral(matrix)) ** 2
    a, b = ([Fraction(v) for v in row] for row in matrix.tolist())
    aa, bb, ab = sum(v * v for v in a), sum(v * v for v in b), sum(v * w for v, w in zip(a, b, strict=True))
    assert square >= aa
    assert square >= bb
    assert (square - aa) * (square - bb) >= ab * ab


def test_rank_one_and_orthogonal_matrices() -> None:
    assert spectral(np.ones((8, 4))) >= np.sqrt(32.0)
    assert spectral(np.eye(5)) >= 1.0
    assert spectral(np.zeros((3, 3))) == 0.0
    assert spectral(np.full((3, 3), np.inf)) == np.inf


@pytest.mark.parametrize("share", [0.5, 0.99, 0.999999, 1 - 1e-12])
def test_a_false_square_is_refused(share: float) -> None:
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(40, 60))
    gram = matrix @ matrix.T
    assert not dominated(gram, share * float(np.linalg.eigvalsh(gram)[-1]))


def test_the_error_of_a_matrix_enters_its_norm() -> None:
    value = np.eye(3)
    assert Matrix(value, np.full((3, 3), 0.5)).norm >= np.linalg.norm(value + 0.5, 2)
