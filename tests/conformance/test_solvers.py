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
    (name, objective, signed, size)
    for name, cls in solvers
    for objective in OBJECTIVES
    for signed in (False, True)
    for size in (None, 2)
    if cls.flags.refusal(7, objective, signed, size) is None and not (objective == "fewest" and size is not None)
]


def instances(rows: int = 6, n: int = 7, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    values = rng.integers(-UNIT, UNIT, (rows, n))
    values[:, 3] = 0
    return values, rng.integers(-UNIT, UNIT, rows)


def need(name: str) -> None:
    for module in solvers.get(name).flags.needs:
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed")


@pytest.mark.parametrize(("name", "objective", "signed", "size"), CASES)
def test_positions_totals_and_claims(name: str, objective: str, signed: bool, size: int | None) -> None:
    need(name)
    values, targets = instances()
    before = values.copy(), targets.copy()
    ask = {"objective": objective, "signed": signed, "size": size, "tolerance": TOLERANCE}
    found = solve(values, targets, solver=name, **ask)
    best = solve(values, targets, solver="brute", **ask)
    assert np.array_equal(values, before[0])
    assert np.array_equal(targets, before[1])
    assert set(np.unique(found.chosen)) <= ({-1, 0, 1} if signed else {0, 1})
    assert not found.chosen[:, 3].any(), "an empty slot was chosen"
    for row in range(len(values)):
        total = sum(int(c) * int(v) for c, v in zip(found.chosen[row], values[row], strict=True))
        assert found.totals[row] == total
        assert found.errors[row] == abs(total - int(targets[row]))
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


@pytest.mark.parametrize(("name", "objective", "signed", "size"), CASES)
def test_same_question_same_answer(name: str, objective: str, signed: bool, size: int | None) -> None:
    need(name)
    values, targets = instances(rows=3, seed=5)
    values[0, :3] = UNIT // 3  # ties
    ask = {"objective": objective, "signed": signed, "size": size, "tolerance": TOLERANCE, "solver": name}
    first, second = solve(values, targets, **ask), solve(values, targets, threads=1, **ask)
    assert np.array_equal(first.chosen, second.chosen)
    assert np.array_equal(first.status, second.status)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("name", solvers.names())
def test_symmetries(name: str, signed: bool) -> None:
    """Permuting positions, doubling everything or negating everything leaves the error what it was."""
    need(name)
    if solvers.get(name).flags.refusal(7, "closest", signed, None):
        pytest.skip("no signs")
    values, targets = instances(rows=3, seed=11)
    ask = {"solver": name, "signed": signed}
    errors = solve(values, targets, **ask).errors
    order = np.random.default_rng(0).permutation(7)
    assert np.array_equal(solve(values[:, order], targets, **ask).errors, errors)
    assert np.array_equal(solve(2 * values, 2 * targets, **ask).errors, 2 * errors)
    assert np.array_equal(solve(-values, -targets, **ask).errors, errors)


@pytest.mark.parametrize(("name", "objective", "signed", "size"), CASES)
def test_budget_zero(name: str, objective: str, signed: bool, size: int | None) -> None:
    values, targets = instances()
    targets = np.abs(targets) + 2 * TOLERANCE
    found = solve(values, targets, TOLERANCE, solver=name, objective=objective, signed=signed, size=size, budget=0)
    assert not found.chosen.any()
    assert (found.status == Status.BUDGET).all()


@pytest.mark.parametrize("name", solvers.names())
def test_no_rows_no_values_nothing_but_empty_slots(name: str) -> None:
    need(name)
    for shape in ((0, 5), (2, 0), (2, 4)):
        found = solve(np.zeros(shape, np.int64), np.full(shape[0], 7), solver=name)
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


@pytest.mark.parametrize("name", ["greedy", "differencing", "localsearch", "highs", "cbc"])
def test_heuristics_are_worth_their_time(name: str) -> None:
    """On easy rows (a wide tolerance) most answers are within it; a solver that always gives up would fail here."""
    need(name)
    values, targets = instances(rows=8, n=14, seed=8)
    found = solve(values, targets // 4, solver=name, tolerance=UNIT // 4)
    assert found.count(Status.WITHIN) >= 7
