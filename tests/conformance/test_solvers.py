"""Every registered solver keeps the promises of the door: positions, nothing touched, nothing claimed unproved."""

from __future__ import annotations

import dataclasses
import importlib.util

import numpy as np
import pytest

from slth.rss.problem import OBJECTIVES, solvers
from slth.rss.solve import solve
from slth.rss.subsets import Status

UNIT = 2**20
TOLERANCE = UNIT // 50
CASES = [
    (name, dims, objective, signed, size)
    for name, cls in solvers
    for dims in (1, 2, 3)
    for objective in OBJECTIVES
    for signed in (False, True)
    for size in (None, 2)
    if cls.flags.refusal(7, objective, signed, size, dims) is None and not (objective == "fewest" and size is not None)
]
NAMES = [(name, dims) for name, cls in solvers for dims in (1, 2, 3) if dims <= cls.flags.dimensions]


def instances(dims: int = 1, rows: int = 6, n: int = 7, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    more = () if dims == 1 else (dims,)
    values = rng.integers(-UNIT, UNIT, (rows, n, *more))
    values[:, 3] = 0
    return values, rng.integers(-UNIT, UNIT, (rows, *more))


def need(name: str) -> None:
    for module in solvers.get(name).flags.needs:
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed")


@pytest.mark.parametrize(("name", "dims", "objective", "signed", "size"), CASES)
def test_positions_totals_and_claims(name: str, dims: int, objective: str, signed: bool, size: int | None) -> None:
    need(name)
    values, targets = instances(dims)
    before = values.copy(), targets.copy()
    ask = {"objective": objective, "signed": signed, "size": size, "tolerance": TOLERANCE}
    found = solve(values, targets, solver=name, **ask)
    best = solve(values, targets, solver="brute", **ask)
    assert np.array_equal(values, before[0])
    assert np.array_equal(targets, before[1])
    assert set(np.unique(found.chosen)) <= ({-1, 0, 1} if signed else {0, 1})
    assert not found.chosen[:, 3].any(), "an empty slot was chosen"
    for row in range(len(values)):
        total = np.array([int(c) * v for c, v in zip(found.chosen[row], values[row].astype(object), strict=True)]).sum(
            0
        )
        assert np.array_equal(found.totals[row], total)
        assert found.errors[row] == np.max(np.abs(total - targets[row]))
        status = Status(found.status[row])
        within = found.errors[row] <= TOLERANCE
        if size is not None:
            assert found.sizes[row] == size
        if status is Status.OPTIMAL:
            assert within
            assert (found.errors[row], found.sizes[row]) == (best.errors[row], best.sizes[row]) or (
                found.errors[row] == best.errors[row] and objective == "closest"
            )
        assert (status is Status.NONE) <= (best.status[row] == Status.NONE and found.errors[row] == best.errors[row])
        assert (status is Status.WITHIN) <= within
        assert (status is Status.BUDGET) <= (not within)
        if not solvers.get(name).flags.exact:
            assert status in (Status.WITHIN, Status.BUDGET), "a heuristic claimed a proof"
        else:
            assert status is not Status.BUDGET


@pytest.mark.parametrize(("name", "dims", "objective", "signed", "size"), CASES)
def test_same_question_same_answer(name: str, dims: int, objective: str, signed: bool, size: int | None) -> None:
    need(name)
    values, targets = instances(dims, rows=3, seed=5)
    values[0, :3] = UNIT // 3  # ties
    ask = {"objective": objective, "signed": signed, "size": size, "tolerance": TOLERANCE, "solver": name}
    first, second = solve(values, targets, **ask), solve(values, targets, threads=1, **ask)
    assert np.array_equal(first.chosen, second.chosen)
    assert np.array_equal(first.status, second.status)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize(("name", "dims"), NAMES)
def test_symmetries(name: str, dims: int, signed: bool) -> None:
    """Permuting positions, doubling everything or negating everything leaves the error what it was."""
    need(name)
    if solvers.get(name).flags.refusal(7, "closest", signed, None, dims):
        pytest.skip("no signs")
    values, targets = instances(dims, rows=3, seed=11)
    ask = {"solver": name, "signed": signed}
    errors = solve(values, targets, **ask).errors
    order = np.random.default_rng(0).permutation(7)
    assert np.array_equal(solve(values[:, order], targets, **ask).errors, errors)
    assert np.array_equal(solve(2 * values, 2 * targets, **ask).errors, 2 * errors)
    assert np.array_equal(solve(-values, -targets, **ask).errors, errors)


@pytest.mark.parametrize(("name", "dims", "objective", "signed", "size"), CASES)
def test_budget_zero(name: str, dims: int, objective: str, signed: bool, size: int | None) -> None:
    values, targets = instances(dims)
    targets = np.abs(targets) + 2 * TOLERANCE
    found = solve(values, targets, TOLERANCE, solver=name, objective=objective, signed=signed, size=size, budget=0)
    assert not found.chosen.any()
    assert (found.status == Status.BUDGET).all()


@pytest.mark.parametrize(("name", "dims"), NAMES)
def test_no_rows_no_values_nothing_but_empty_slots(name: str, dims: int) -> None:
    need(name)
    more = () if dims == 1 else (dims,)
    for shape in ((0, 5), (2, 0), (2, 4)):
        found = solve(np.zeros((*shape, *more), np.int64), np.full((shape[0], *more), 7), solver=name)
        assert not found.chosen.any()
        assert (found.errors == 7).all()


@pytest.mark.parametrize("name", solvers.names())
def test_is_a_frozen_dataclass_with_options(name: str) -> None:
    solver = solvers.get(name)()
    assert dataclasses.is_dataclass(solver)
    for option in dataclasses.fields(solver):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(solver, option.name, option.default)
    assert (solver.__doc__ or "").count("Source:") == 1


@pytest.mark.parametrize("name", ["greedy", "differencing", "localsearch", "relaxation", "klist", "highs", "cbc"])
def test_heuristics_are_worth_their_time(name: str) -> None:
    """On easy rows (a wide tolerance) most answers are within it; a solver that always gives up would fail here."""
    need(name)
    values, targets = instances(rows=8, n=14, seed=8)
    found = solve(values, targets // 4, solver=name, tolerance=UNIT // 4)
    assert found.count(Status.WITHIN) >= 7


@pytest.mark.parametrize("name", solvers.names())
def test_one_coordinate_is_the_same_as_none(name: str) -> None:
    need(name)
    values, targets = instances(rows=3, seed=13)
    plain = solve(values, targets, TOLERANCE, solver=name)
    vectors = solve(values[:, :, None], targets[:, None], TOLERANCE, solver=name)
    assert np.array_equal(plain.chosen, vectors.chosen)
    assert np.array_equal(plain.status, vectors.status)
    assert np.array_equal(plain.totals, vectors.totals[:, 0])
    assert np.array_equal(plain.errors, vectors.errors)


@pytest.mark.parametrize(
    ("name", "bar"), [("klist", 0.03), ("relaxation", 0.15), ("localsearch", 0.15), ("greedy", 0.5)]
)
def test_heuristics_reach_far_with_vectors(name: str, bar: float) -> None:
    """80 vectors of three coordinates: each heuristic within its bar on every row (in units of the largest value)."""
    need(name)
    values, targets = instances(3, rows=3, n=80, seed=21)
    assert (solve(values, targets // 2, solver=name).errors <= bar * UNIT).all()
