"""Verified spectral norms: a floating-point Cholesky factorisation that succeeds proves positive definiteness."""

from __future__ import annotations

import math

import numpy as np

from slth.certify.rounding import INFLATION, TINY_PIVOT, UNIT, Floats, gamma, length

STEPS = 40
"""Of the Lanczos iteration; a guess that is too low costs one more Cholesky factorisation, never soundness."""


def spectral(matrix: Floats, frobenius: float | None = None) -> float:
    """An upper bound of the largest singular value of a float64 matrix, proved; at most a few parts in 10^6 above it.

    s² I - M Mᵀ is shown to be positive semi-definite. Falls back to the Frobenius norm
    (`length`, computed here unless given) where the proof fails.
    Source: Rump, Verification of positive definiteness (BIT 2006), for the Cholesky test.
    """
    frobenius = length(matrix) if frobenius is None else frobenius
    top = float(np.max(np.abs(matrix), initial=0.0))
    if top == 0.0 or not math.isfinite(frobenius) or 1 in matrix.shape:
        return frobenius
    power = 2.0 ** math.frexp(top)[1]  # scaled to entries of at most 1: exact, and far from overflow
    if not 2.0**-900 < power < 2.0**900:
        return frobenius
    scaled = matrix / power
    if scaled.shape[0] > scaled.shape[1]:
        scaled = scaled.T
    gram = scaled @ scaled.T
    magnitude = np.abs(scaled)
    rounding = gamma(scaled.shape[1]) * float(np.max(magnitude @ (magnitude.T @ np.ones(len(gram)))))
    guess = largest_eigenvalue(gram)
    for slack in (1e-7, 1e-4, 1e-3, 1e-2, 1e-1):
        square = guess * (1 + slack)
        if dominated(gram, square):
            total = (square + rounding) * INFLATION + TINY_PIVOT
            return min(frobenius, math.nextafter(math.sqrt(total) * power * INFLATION, math.inf))
    return frobenius


def dominated(gram: Floats, square: float) -> bool:
    """Whether square I - G is proved positive semi-definite (G: the symmetric matrix of the lower triangle)."""
    order = len(gram)
    shifted = -gram
    diagonal = square - np.diag(gram)
    trace = float(np.sum(np.abs(diagonal))) + order * square * UNIT
    # the factor 4 is generous: some libraries multiply by a rounded reciprocal of the pivot
    margin = 4 * gamma(order) * trace + TINY_PIVOT * order
    np.fill_diagonal(shifted, diagonal - margin - 4 * UNIT * (square + np.abs(np.diag(gram)) + margin))
    try:
        factor = np.linalg.cholesky(shifted)
    except np.linalg.LinAlgError:
        return False
    return bool(np.isfinite(factor).all())


def largest_eigenvalue(gram: Floats) -> float:
    """The largest eigenvalue of a symmetric positive semi-definite matrix, approximately: Lanczos, always the same."""
    order = len(gram)
    if order <= 2 * STEPS:
        return float(np.linalg.eigvalsh(gram)[-1])
    basis = np.zeros((STEPS, order))
    diagonal, beside = np.zeros(STEPS), np.zeros(STEPS)
    vector = np.random.default_rng(0).normal(size=order)
    for step in range(STEPS):
        size = float(np.sqrt(vector @ vector))
        beside[step] = size
        if size <= 1e-12 * diagonal.max() or size == 0.0:  # the start vector lies in a small invariant subspace
            return float(np.linalg.eigvalsh(gram)[-1])
        basis[step] = vector / size
        vector = gram @ basis[step]
        diagonal[step] = basis[step] @ vector
        for _ in range(2):  # orthogonal to all that came before, twice because once is not enough
            vector = vector - basis[: step + 1].T @ (basis[: step + 1] @ vector)
    small = np.diag(diagonal) + np.diag(beside[1:], 1) + np.diag(beside[1:], -1)
    return float(np.linalg.eigvalsh(small)[-1])
