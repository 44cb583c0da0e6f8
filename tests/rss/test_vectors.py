"""Subset sums of vectors: the exact solver against brute force, symmetries, the tree of lists, the first moment."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth.core.errors import BadInput
from slth.rss.boxes import boxes
from slth.rss.expected import expected_count, expected_error
from slth.rss.merges import leaf, merge, tree
from slth.rss.problem import Limits, Problem
from slth.rss.solve import solve, solve_floats
from slth.rss.solvers.grid import Grid
from slth.rss.solvers.klist import KList
from slth.rss.subsets import Status

UNIT = 2**30
KINDS = ["normal", "scaled", "small", "equal"]
MODES = [
    {"objective": "closest"},
    {"objective": "fewest"},
    {"size": 3},
    {"objective": "closest", "signed": True},
    {"objective": "fewest", "signed": True},
    {"size": 2, "signed": True},
]


def instances(kind: str, rows: int, n: int, dims: int, seed: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Values, targets, a tolerance: normal vectors, normal ones at a random scale, ties, or one vector n times."""
    rng = np.random.default_rng(seed)
    targets = np.rint(rng.uniform(-0.5, 0.5, (rows, dims)) * UNIT).astype(np.int64)
    values = rng.normal(size=(rows, n, dims))
    if kind == "scaled":
        values *= rng.normal(size=(rows, n, 1))
    if kind == "small":
        return rng.integers(-3, 4, (rows, n, dims)), rng.integers(-6, 7, (rows, dims)), 1
    if kind == "equal":
        return (
            np.broadcast_to(rng.integers(1, 9, (rows, 1, dims)), (rows, n, dims)),
            rng.integers(0, 30, (rows, dims)),
            4,
        )
    return np.rint(values * UNIT).astype(np.int64), targets, UNIT // 2


@pytest.mark.parametrize("mode", MODES, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_equals_brute_force(kind: str, mode: dict[str, object]) -> None:
    """The same positions, ties included, and the same status as exhaustion; stored halves and blocks of any length."""
    for dims in (2, 3, 5):
        for n in (3, 7, 8) if mode.get("signed") else (3, 8, 12):
            values, targets, tolerance = instances(kind, 5, n, dims, seed=n)
            values = np.where(values.any(axis=2, keepdims=True), values, 1)
            exact = solve(values, targets, tolerance, solver="brute", **mode)
            for grid in (Grid(), Grid(longest=9, block=4)):
                found = solve(values, targets, tolerance, solver=grid, **mode)
                assert np.array_equal(exact.chosen, found.chosen), (kind, mode, dims, n)
                assert np.array_equal(exact.status, found.status)


@given(st.data())
def test_exact_for_any_integers(data: st.DataObject) -> None:
    """Drawn by hypothesis: exhaustion, permutations of positions and of coordinates, signs, doubling."""
    dims, n = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 9))
    width = data.draw(st.sampled_from([2, 50, 2**30, 2**54]))
    numbers = st.integers(-width, width)
    values = np.array(data.draw(st.lists(numbers, min_size=n * dims, max_size=n * dims))).reshape(1, n, dims)
    targets = np.array(data.draw(st.lists(numbers, min_size=dims, max_size=dims))).reshape(1, dims)
    signed = data.draw(st.booleans())
    found = solve(values, targets, signed=signed, solver="grid")
    exact = solve(values, targets, signed=signed, solver="brute")
    assert np.array_equal(found.chosen, exact.chosen)
    order = data.draw(st.permutations(range(n)))
    columns = data.draw(st.permutations(range(dims)))
    for other, goal, factor in (
        (values[:, order], targets, 1),
        (values[:, :, columns], targets[:, columns], 1),
        (-values, -targets, 1),
        (2 * values, 2 * targets, 2),
    ):
        again = solve(np.ascontiguousarray(other), goal, signed=signed, solver="grid")
        assert again.errors[0] == factor * found.errors[0]


@given(st.integers(0, 2**32), st.sampled_from(KINDS), st.integers(2, 4))
def test_more_samples_never_hurt(seed: int, kind: str, dims: int) -> None:
    values, targets, _ = instances(kind, 3, 13, dims, seed)
    errors = [solve(values[:, :n], targets).errors for n in range(1, 14, 3)]
    assert all((later <= earlier).all() for earlier, later in pairwise(errors))


@pytest.mark.parametrize("solver", ["grid", "klist"])
def test_finds_planted_sums(solver: str) -> None:
    """n = 34, d = 2 to 9, a subset that adds up exactly: the exact solver finds it, the tree too where it is exact."""
    for dims in (2, 4, 9):
        values, _, _ = instances("scaled", 1, 34, dims, seed=dims)
        half = np.random.default_rng(dims).integers(0, 2, (1, 34))
        targets = np.sum(values * half[:, :, None], axis=1)
        found = solve(values, targets, 0, solver=solver)
        assert found.errors[0] == 0
        assert np.array_equal(found.chosen, half)
        assert found.status[0] == (Status.OPTIMAL if solver == "grid" else Status.WITHIN)


def test_exact_within_needs_no_closest() -> None:
    """Whether there is anything within tolerance agrees with the closest; where there is nothing, that is proved."""
    values, targets, _ = instances("scaled", 8, 22, 3, seed=6)
    closest = solve(values, targets, solver="grid")
    tolerance = int(np.median(closest.errors))
    found = solve(values, targets, tolerance, objective="within", solver="grid")
    there = closest.errors <= tolerance
    assert 0 < there.sum() < 8
    assert np.array_equal(found.status == Status.WITHIN, there)
    assert np.array_equal(found.status == Status.NONE, ~there)
    assert np.array_equal(found.errors[~there], closest.errors[~there])


def test_far_targets_are_proved_too() -> None:
    """A target that no sum comes near: all values with the right signs, and a proof within the second."""
    values, _, _ = instances("normal", 1, 30, 2, seed=1)
    found = solve(values, np.full((1, 2), 2**50), 1, solver="grid")
    assert found.count(Status.NONE) == 1
    assert found.errors[0] <= 2**50 - values[0].sum(axis=0).min()


@pytest.mark.parametrize("size", [None, 2, 5, 11, 40, 90])
def test_klist_keeps_the_size_and_repeats(size: int | None) -> None:
    values, targets, _ = instances("scaled", 2, 90, 3, seed=7)
    values[:, 5] = 0
    if size == 90:
        with pytest.raises(BadInput, match="between 0 and 89"):
            solve(values, targets, size=size, solver="klist")
        size = 89
    options = {"size": size, "solver": KList(width=2**12, rounds=2)}
    found, again = solve(values, targets, **options), solve(values, targets, threads=1, **options)
    assert np.array_equal(found.chosen, again.chosen)
    assert not found.chosen[:, 5].any()
    if size is not None:
        assert (found.sizes == size).all()
        if 5 <= size <= 40:
            assert (found.errors < UNIT // 8).all()


def test_klist_finds_fewer_terms() -> None:
    values, targets, _ = instances("scaled", 2, 120, 3, seed=3)
    tolerance = UNIT // 50
    many = solve(values, targets, tolerance, solver="klist", objective="within")
    few = solve(values, targets, tolerance, solver="klist", objective="fewest")
    assert (few.errors <= tolerance).all()
    assert (few.sizes <= many.sizes).all()
    assert few.sizes.sum() < many.sizes.sum()
    assert (few.sizes <= 6).all()
    assert solve(values, np.zeros((2, 3), np.int64), 0, solver="klist", objective="fewest").sizes.tolist() == [0, 0]


def test_klist_stops_at_the_budget() -> None:
    values, targets, _ = instances("scaled", 1, 300, 9, seed=3)
    solve(values, targets, solver=KList(width=2**10))
    found = solve(values, targets, budget=1.0, solver=KList(rounds=1000))
    assert found.count(Status.BUDGET) == 1
    assert found.errors[0] < UNIT // 20


def test_structured_tickets_are_within_reach(figure: Callable[[str, str], None]) -> None:
    """What complete structured tickets need: 0.005 an entry with 4 coordinates, 0.05 (aim 0.01) with 10."""
    for dims, n, bar in ((4, 60, 0.005), (10, 400, 0.02)):
        values, targets, _ = instances("scaled", 2, n, dims, seed=dims)
        found = solve(values, targets, int(bar * UNIT), objective="within")
        assert found.count(Status.WITHIN) == 2
        figure(f"vectors, d = {dims}, n = {n}: error an entry", f"{found.errors.max() / UNIT:.2g}")


def test_boxes_hold_every_row_once() -> None:
    rng = np.random.default_rng(0)
    rows = rng.integers(-1000, 1000, (5000, 3))
    for radius, share in ((1.0, None), (100.0, None), (0.0, 0.01), (0.0, 1.0), (0.0, 0.0)):
        one = boxes(rows, np.arange(5000), radius, share)
        assert np.array_equal(np.sort(one.codes), np.arange(5000))
        assert np.array_equal(one.rows, rows[one.codes][:, one.columns])
        assert one.starts[-1] == 5000


@pytest.mark.parametrize("reuse", [1, 3, 10**6])
def test_merged_sums_are_near_and_not_overused(reuse: int) -> None:
    values, _, _ = instances("normal", 1, 20, 4, seed=2)
    one = leaf(values[0], np.arange(10), None)
    other = leaf(values[0], np.arange(10, 20), 4)
    centre = np.rint(one.rows.mean(axis=0) + other.rows.mean(axis=0)).astype(np.int64)
    node = merge(one, other, centre, 150, reuse)
    assert 40 <= len(node.rows) <= 150
    for entry in range(len(node.rows)):
        positions = list(node.positions(entry))
        assert np.array_equal(values[0, positions].sum(axis=0), node.rows[entry])
        assert sum(place >= 10 for place in positions) == 4
    assert max(np.bincount(node.left).max(), np.bincount(node.right).max()) <= reuse
    assert np.abs(node.rows - centre).max() < np.abs(one.rows[:, None] + other.rows[None] - centre).max(axis=2).mean()


def test_the_error_of_a_tree_is_that_of_its_positions() -> None:
    values, targets, _ = instances("normal", 1, 32, 3, seed=5)
    leaves = [leaf(values[0], np.arange(i, 32, 4), None) for i in range(4)]
    error, positions = tree(leaves, targets[0], 2**8, 8, Limits())
    assert error == np.abs(values[0, positions].sum(axis=0) - targets[0]).max()
    assert len(set(positions)) == len(positions)
    assert tree(leaves, targets[0], 2**8, 8, Limits(deadline=0.0)) == (-1, [])


@pytest.mark.parametrize("dims", [1, 2, 4])
@pytest.mark.parametrize("size", [None, 6])
@pytest.mark.parametrize("signed", [False, True])
def test_the_first_moment_counts(dims: int, size: int | None, signed: bool) -> None:
    """Counted by exhaustion against the formula: within a factor 2.2 in the geometric mean of 12 rows."""
    n = 11 if signed else 15
    values, targets, _ = instances("normal", 12, n, dims, seed=dims)
    if dims == 1:
        values, targets = values[:, :, 0], targets[:, 0]
    tolerance = UNIT // 2
    base = 3 if signed else 2
    digits = np.arange(base**n)[:, None] // base ** np.arange(n) % base
    coefficients = np.where(digits == 2, -1, digits)
    if size is not None:
        coefficients = coefficients[np.count_nonzero(coefficients, axis=1) == size]
    vectors, goals = values.reshape(12, n, dims), targets.reshape(12, dims)
    counts = np.array(
        [(np.abs(coefficients @ v - g).max(axis=1) <= tolerance).sum() for v, g in zip(vectors, goals, strict=True)]
    )
    expected = expected_count(values, targets, tolerance, size=size, signed=signed)
    ratio = np.exp(np.mean(np.log(np.maximum(counts, 0.5) / expected)))
    assert 1 / 2.2 < ratio < 2.2
    errors = expected_error(values, targets, size=size, signed=signed)
    counted = expected_count(values, targets, np.rint(errors).astype(np.int64), size=size, signed=signed)
    empty = np.abs(goals).max(axis=1) if size is None else np.full(12, np.inf)
    assert np.allclose(counted[errors < empty], 1, 0.1)
    assert (errors <= empty).all()
    assert (counted[errors == empty] < 1.1).all()


def test_vectors_of_floats() -> None:
    values = np.array([[[0.5, 0.25], [0.0, 0.0], [-0.5, 0.125]]])
    found = solve_floats(values, [[0.0, 0.375]], 0.0)
    assert found.chosen.tolist() == [[1, 0, 1]]
    assert (found.totals * 2.0**-found.bits).tolist() == [[0.0, 0.375]]
    with pytest.raises(BadInput, match="must be"):
        solve_floats(values, [0.0, 0.375])


def test_a_problem_shows_both_shapes() -> None:
    plain = Problem(np.ones((2, 3), np.int64), np.ones(2, np.int64), None, "closest", None, False)
    assert (plain.dims, plain.vectors.shape, plain.goals.shape) == (1, (2, 3, 1), (2, 1))
    assert not plain.empty.any()
