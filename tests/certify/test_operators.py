"""Linear maps on flat vectors: as the nodes compute them, with true transposes, and exact maxima over regions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth.certify import operators
from slth.certify.inputs import Inputs
from slth.certify.intervals import Interval, affine
from slth.certify.operators import Grid, Kernel, Matrix, Mean, Slice
from slth.core.domain import Region
from slth.core.network import Conv, Pool

seeds = st.integers(0, 2**32)


def random_kernel(rng: np.random.Generator, lifted: bool = False) -> Kernel:
    side = [int(n) for n in rng.integers(1, 4, 2)]
    picture = (side[0] + int(rng.integers(0, 4)), side[1] + int(rng.integers(0, 4)))
    stride, padding = rng.integers(1, 3, 2), rng.integers(0, 3, 2)
    grid = Grid(picture, (side[0], side[1]), (int(stride[0]), int(stride[1])), (int(padding[0]), int(padding[1])))
    channels = int(rng.integers(1, 3)) * (2 if lifted else 1)
    value = rng.normal(size=(int(rng.integers(1, 4)), channels, *side))
    return Kernel(value, grid, np.abs(rng.normal(size=value.shape)))


def matrix_of(kernel: Kernel, value: np.ndarray) -> np.ndarray:
    """The dense matrix by the node's own code."""
    inputs = kernel.shape[1]
    eye = np.eye(inputs).reshape(inputs, value.shape[1], *kernel.grid.picture)
    return Conv(value, None, kernel.grid.stride, kernel.grid.padding)(eye).reshape(inputs, -1).T


@given(seeds)
def test_a_kernel_is_its_matrix(seed: int) -> None:
    rng = np.random.default_rng(seed)
    kernel = random_kernel(rng)
    matrix, error = matrix_of(kernel, kernel.value), matrix_of(kernel, kernel.error)
    assert kernel.shape == matrix.shape
    x, rows, weights = (
        rng.normal(size=(5, matrix.shape[1])),
        rng.normal(size=(5, len(matrix))),
        rng.random(matrix.shape[1]),
    )
    assert np.allclose(kernel.forward(x), x @ matrix.T)
    assert np.allclose(kernel.forward(x[0]), matrix @ x[0])
    assert np.allclose(kernel.back(rows), rows @ matrix)
    assert np.allclose(kernel.rows(1, len(matrix)), matrix[1:])
    assert np.allclose(kernel.spread(weights), np.abs(matrix) @ weights)
    assert np.allclose(kernel.charge(weights, 0.5), 0.5 * np.abs(matrix) @ weights + error @ weights)
    plus, minus = kernel.split()
    assert np.allclose(plus.back(rows) + minus.back(rows), rows @ matrix)
    assert (plus.value >= 0).all()
    assert (minus.value <= 0).all()
    assert kernel.terms >= max((matrix != 0).sum(axis=0).max(), (matrix != 0).sum(axis=1).max())


@given(seeds, st.sampled_from(["box", "ball"]), st.booleans())
def test_maxima_over_windows_are_those_of_the_matrix(seed: int, kind: str, signed: bool) -> None:
    rng = np.random.default_rng(seed)
    kernel = random_kernel(rng, signed)
    matrix = matrix_of(kernel, kernel.value)
    width = matrix.shape[1] // 2 if signed else matrix.shape[1]
    lower = rng.uniform(-1, 0.5, width) if signed else rng.uniform(0, 0.5, width)
    upper = lower + rng.random(width)
    if kind == "box":
        region = Region(lower, upper)
    else:
        centre = rng.uniform(lower, upper)
        region = Region(lower, upper, centre, float(rng.uniform(0, 1)))
    inputs = Inputs(region, signed)
    top, bottom = inputs.maxima(kernel)
    assert np.allclose(top, inputs.maximum(matrix), atol=1e-12)
    assert np.allclose(bottom, inputs.maximum(-matrix), atol=1e-12)


def test_maxima_window_by_window_when_memory_is_short(monkeypatch) -> None:
    rng = np.random.default_rng(3)
    kernel = Kernel(rng.normal(size=(3, 2, 2, 2)), Grid((6, 5), (2, 2), (1, 1), (1, 0)))
    inputs = Inputs(Region(np.zeros(60), rng.random(60)), False)
    whole, rows = inputs.maxima(kernel), kernel.back(np.eye(kernel.shape[0]))
    monkeypatch.setattr(operators, "ENTRIES", 1)
    monkeypatch.setattr("slth.certify.inputs.ENTRIES", 1)
    assert np.allclose(whole, inputs.maxima(kernel), rtol=1e-12)
    assert np.allclose(rows, kernel.back(np.eye(kernel.shape[0])))


@given(seeds)
def test_means_and_slices(seed: int) -> None:
    rng = np.random.default_rng(seed)
    grid = random_kernel(rng).grid
    grid = Grid(grid.picture, grid.kernel, grid.stride)
    channels, pixels = 3, math.prod(grid.picture)
    x = rng.normal(size=(4, channels * pixels))
    pooled = Pool("mean", grid.kernel, grid.stride)(x.reshape(4, channels, *grid.picture)).reshape(4, -1)
    part = Slice(grid.picture, slice(0, grid.picture[0], 2), slice(grid.picture[1] - 1, grid.picture[1], 1))
    taken = x.reshape(4, channels, *grid.picture)[:, :, ::2, -1:].reshape(4, -1)
    for view, expected in ((Mean(grid), pooled), (part, taken)):
        assert np.allclose(view.forward(x), expected)
        assert np.allclose(view.forward(x[0]), expected[0])
        rows = rng.normal(size=(2, expected.shape[1]))
        assert np.allclose(view.back(rows) @ x.T, rows @ expected.T)


@given(seeds)
def test_images_of_boxes_hold_images_of_points(seed: int) -> None:
    rng = np.random.default_rng(seed)
    kernel = random_kernel(rng)
    exact = Kernel(kernel.value, kernel.grid)
    mean = Mean(Grid(kernel.grid.picture, kernel.grid.kernel, kernel.grid.stride))
    lower = rng.normal(size=kernel.shape[1])
    box = Interval(lower, lower + rng.random(len(lower)))
    x = np.where(rng.random((50, len(lower))) < 0.5, box.lower, box.upper)
    for operator in (kernel, exact, mean, Matrix(matrix_of(kernel, kernel.value))):
        image, seen = affine(operator, box), operator.forward(x)
        assert (image.lower <= seen + 1e-12).all()
        assert (seen <= image.upper + 1e-12).all()
        if operator is not kernel:
            middle = (box.lower + box.upper) / 2
            reach = operator.spread((box.upper - box.lower) / 2)
            assert np.allclose(image.upper, operator.forward(middle) + reach, atol=1e-5)
    moved = Kernel(kernel.value + kernel.error, kernel.grid).forward(x)
    assert (moved <= affine(kernel, box).upper + 1e-12).all()


@pytest.mark.parametrize("copies", [1, 3])
def test_repeats_and_their_transpose(copies: int) -> None:
    from slth.certify.steps import Repeat

    repeat, rng = Repeat(copies, 2), np.random.default_rng(0)
    x, y = rng.normal(size=(4, 6)), rng.normal(size=(4, 6 * copies))
    assert np.allclose(repeat(x), np.repeat(x.reshape(4, 3, 2), copies, axis=1).reshape(4, -1))
    assert np.allclose(np.einsum("ij,ij->i", repeat(x), y), np.einsum("ij,ij->i", x, repeat.gathered(y)))
    assert (repeat(x[0]) == repeat(x)[0]).all()
