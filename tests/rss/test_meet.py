"""The compiled exact solver against brute force, and the symmetries of the problem."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth.rss.solve import solve
from slth.rss.solvers.meet import Meet
from slth.rss.subsets import Status, Subsets

MODES = [
    {"objective": "closest"},
    {"objective": "fewest"},
    {"objective": "within"},
    {"size": 2},
    {"size": 5},
    {"objective": "closest", "signed": True},
    {"objective": "fewest", "signed": True},
    {"size": 3, "signed": True},
]
KINDS = ["products", "small", "multiples", "wild"]


def instances(kind: str, rows: int, n: int, seed: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Values, targets and a tolerance: random products, many ties, coarse multiples, or values of very unequal size."""
    rng = np.random.default_rng(seed)
    if kind == "products":
        u, v = (2 * rng.integers(low, 2**23, (rows, n)) + 1 for low in (0, -(2**23)))
        return u * v, np.rint(rng.normal(0, 0.3, rows) * 2**48).astype(np.int64), 2**46 >> (n // 2)
    if kind == "small":
        return rng.integers(-4, 5, (rows, n)), rng.integers(-12, 13, rows), 1
    if kind == "multiples":
        return rng.integers(-500, 500, (rows, n)) << 30, rng.integers(-2000, 2000, rows) << 29, 2**30
    return (
        rng.integers(-8, 8, (rows, n)) << rng.integers(0, 48, (rows, n)),
        rng.integers(-8, 8, rows) << rng.integers(0, 50, rows),
        100,
    )


def same(one: Subsets, other: Subsets, row: slice | np.ndarray = slice(None)) -> bool:
    return np.array_equal(one.chosen[row], other.chosen[row]) and np.array_equal(one.status[row], other.status[row])


@pytest.mark.parametrize("mode", MODES, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_equals_brute_force(kind: str, mode: dict[str, object]) -> None:
    """10,000 instances in all, n <= 14: the same positions (ties included) and the same status as exhaustion."""
    signed = bool(mode.get("signed"))
    lengths = range(5, 9) if signed else range(5, 15)
    rows = 78 if signed else 32
    for n in lengths:
        values, targets, tolerance = instances(kind, rows, n, seed=n)
        if "size" in mode:
            values[values == 0] = 1
        exact = solve(values, targets, tolerance, solver="brute", **mode)
        found = solve(values, targets, tolerance, solver="meet", **mode)
        if mode.get("objective") == "within":
            assert np.array_equal(exact.status, found.status)
            assert same(exact, found, exact.status == Status.NONE)
        else:
            assert same(exact, found), (kind, mode, n)


def test_short_and_empty_rows() -> None:
    for n in range(5):
        for mode in ({"objective": "closest"}, {"objective": "fewest"}, {"size": n}, {"size": 0}):
            values, targets, tolerance = instances("products", 20, n, seed=n)
            assert same(
                solve(values, targets, tolerance, solver="brute", **mode),
                solve(values, targets, tolerance, solver="meet", **mode),
            )


@pytest.mark.parametrize("kind", KINDS)
def test_kernels_agree(kind: str) -> None:
    """n = 20 is beyond brute force here: the sieve against the sorted lists, bounded lists against whole ones."""
    values, targets, tolerance = instances(kind, 12, 20, seed=20)
    whole = solve(values, targets, tolerance, solver=Meet())
    cut = solve(values, targets, tolerance, solver=Meet(longest=128))
    assert same(whole, cut)
    whole = solve(values, targets, tolerance, solver=Meet(), objective="fewest")
    cut = solve(values, targets, tolerance, solver=Meet(joined=20, longest=128), objective="fewest")
    assert same(whole, cut)
    whole = solve(values[:3], targets[:3], solver=Meet(), size=4)
    cut = solve(values[:3], targets[:3], solver=Meet(longest=16), size=4)
    assert same(whole, cut)


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_guess_costs_nothing_but_time(kind: str) -> None:
    """A first width that holds hardly any pair, or far too many, gives the same answers."""
    values, targets, _ = instances(kind, 300, 15, seed=9)
    right = solve(values, targets)
    for expected in (1e-3, 0.1, 1.0, 1e3):
        assert same(right, solve(values, targets, solver=Meet(expected=expected)))


def test_long_rows() -> None:
    """n = 30, 40 and 44 have planted exact solutions; memory is bounded, the answer is exact."""
    rng = np.random.default_rng(4)
    for n in (30, 40, 44):
        values, _, _ = instances("products", 1, n, seed=n)
        targets = np.sum(values * rng.integers(0, 2, values.shape), axis=1)
        found = solve(values, targets)
        assert found.errors[0] == 0
        assert found.count(Status.OPTIMAL) == 1


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_threads_and_chunks_do_not_matter(mode: dict[str, object]) -> None:
    values, targets, tolerance = instances("small", 300, 13, seed=1)
    values[values == 0] = 3
    one = solve(values, targets, tolerance, threads=1, **mode)
    two = solve(values, targets, tolerance, threads=2, **mode)
    assert one.chosen.tobytes() == two.chosen.tobytes()
    assert one.status.tobytes() == two.status.tobytes()
    alone = solve(values[7:8], targets[7:8], tolerance, **mode)
    assert np.array_equal(alone.chosen[0], one.chosen[7])


@given(st.data())
def test_symmetries_of_the_error(data: st.DataObject) -> None:
    """Permuting positions, doubling everything and negating everything leave the error what it was."""
    n = data.draw(st.integers(1, 18))
    width = data.draw(st.sampled_from([3, 100, 2**30, 2**49]))
    values = np.array([data.draw(st.lists(st.integers(-width, width), min_size=n, max_size=n))])
    targets = np.array([data.draw(st.integers(-2 * width, 2 * width))])
    signed = data.draw(st.booleans()) and n <= 12
    error = solve(values, targets, signed=signed).errors[0]
    order = data.draw(st.permutations(range(n)))
    assert solve(values[:, order], targets, signed=signed).errors[0] == error
    assert solve(2 * values, 2 * targets, signed=signed).errors[0] == 2 * error
    assert solve(-values, -targets, signed=signed).errors[0] == error
    if signed:
        assert solve(values, -targets, signed=True).errors[0] == error
        assert solve(values, targets).errors[0] >= error


@given(st.integers(0, 2**32), st.sampled_from(KINDS))
def test_more_samples_never_hurt(seed: int, kind: str) -> None:
    values, targets, tolerance = instances(kind, 4, 17, seed)
    errors = [solve(values[:, :n], targets).errors for n in range(1, 18, 4)]
    assert all((later <= earlier).all() for earlier, later in pairwise(errors))
    sizes = [solve(values[:, :n], targets, tolerance, objective="fewest") for n in (8, 12, 16)]
    for few, many in pairwise(sizes):
        solved = few.status == Status.OPTIMAL
        assert (many.sizes[solved] <= few.sizes[solved]).all()


def test_budget_is_honoured_and_progress_is_told() -> None:
    values, targets, _ = instances("products", 40, 40, seed=2)
    solve(values[:1], targets[:1])
    told: list[tuple[int, int]] = []
    found = solve(values, targets, budget=0.15, progress=lambda done, total: told.append((done, total)))
    assert 0 < found.count(Status.OPTIMAL) < 40
    assert not found.chosen[found.status == Status.BUDGET].any()
    assert told[-1][1] == 40


@pytest.mark.parametrize("objective", ["closest", "fewest", "within"])
def test_values_that_repeat_are_solved_too(objective: str) -> None:
    """Signs, and rows of one value: many equal sums, where lists of all of them would be compared in vain."""
    rng = np.random.default_rng(5)
    values = np.vstack([rng.choice([-8, 8], (30, 12)), np.full((3, 12), 5)]).astype(np.int64)
    targets = rng.integers(-60, 60, len(values))
    found = solve(values, targets, 1, objective=objective)
    truth = solve(values, targets, 1, objective=objective, solver="brute")
    assert (found.errors == truth.errors).all() or objective == "within"
    assert ((found.errors <= 1) == (truth.errors <= 1)).all()
    if objective == "fewest":
        assert (found.sizes == truth.sizes).all()
