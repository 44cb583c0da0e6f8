"""The door: what it refuses, what it recomputes, what `auto` takes."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest

from slth.core.errors import BadInput, SlthError
from slth.rss.problem import Answer, Flags, Limits, Problem
from slth.rss.solve import pick, solve, solve_floats
from slth.rss.subsets import Status

VALUES = np.array([[5, -3, 0, 8], [1, 2, 4, 8]])
TARGETS = np.array([2, 11])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"values": VALUES.astype(float)}, "values must be int64"),
        ({"values": VALUES[0]}, "2 axis"),
        ({"targets": TARGETS[:1]}, "one entry per row"),
        ({"targets": TARGETS[:, None]}, "targets must be int64 with 1 axis"),
        ({"values": VALUES[:, :, None], "targets": np.zeros((2, 2), np.int64)}, "as many coordinates"),
        ({"values": np.zeros((2, 4, 0), np.int64), "targets": np.zeros((2, 0), np.int64)}, "no coordinates"),
        ({"values": np.full((2, 4, 3), 2**59), "targets": np.zeros((2, 3), np.int64)}, "overflow"),
        ({"targets": TARGETS * 2**61}, "overflow"),
        ({"values": VALUES * 2**58}, "overflow"),
        ({"values": np.full((2, 4), np.iinfo(np.int64).min)}, "overflow"),
        ({"tolerance": np.array([1, 1, 1])}, "one per row"),
        ({"objective": "best"}, "one of closest"),
        ({"objective": "fewest"}, "needs a tolerance"),
        ({"tolerance": -1}, "zero or more"),
        ({"tolerance": 0.5}, "tolerance must be int64"),
        ({"size": 4}, "between 0 and 3"),
        ({"size": 2, "objective": "fewest", "tolerance": 1}, "give no size"),
        ({"solver": "nobody"}, "no solver is called"),
        ({"solver": "differencing", "signed": True}, "no signed coefficients"),
        ({"budget": -1.0}, "budget"),
        ({"budget": float("nan")}, "budget"),
        ({"threads": 0}, "threads"),
    ],
)
def test_refuses(change: dict[str, object], words: str) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        solve(**{"values": VALUES, "targets": TARGETS, **change})
    assert "\n" not in str(caught.value)


def test_answers_and_their_statuses() -> None:
    found = solve(VALUES, TARGETS, 0)
    assert found.chosen.tolist() == [[1, 1, 0, 0], [1, 1, 0, 1]]
    assert found.totals.tolist() == [2, 11]
    assert found.sizes.tolist() == [2, 3]
    assert found.count(Status.OPTIMAL) == 2
    far = solve(VALUES, TARGETS + 1000, 0)
    assert far.count(Status.NONE) == 2
    assert far.chosen.tolist() == [[1, 0, 0, 1], [1, 1, 1, 1]]
    assert solve(VALUES, TARGETS + 1000).count(Status.OPTIMAL) == 2
    assert all(status.advice.endswith(".") for status in Status)
    with pytest.raises(ValueError, match="read-only"):
        found.chosen[0, 0] = 0


def test_tolerance_per_row() -> None:
    found = solve(VALUES, np.array([4, 12]), np.array([4, 0]), objective="fewest")
    assert found.sizes.tolist() == [0, 2]
    assert found.count(Status.OPTIMAL) == 2


@dataclass(frozen=True)
class Liar:
    """Returns what it is told to; `proved` always."""

    answer: tuple[tuple[int, ...], ...]
    flags: ClassVar[Flags] = Flags(exact=True, sizes=True)

    def solve(self, problem: Problem, limits: Limits) -> Answer:
        """Lie."""
        return Answer(np.array(self.answer, np.int8), np.ones(problem.rows, np.bool_))


def test_never_trusts_a_solver() -> None:
    solve(VALUES, TARGETS, solver=Liar(((1, 1, 0, 0), (0, 0, 0, 0))))
    for answer in (((2, 0, 0, 0),) * 2, ((-1, 0, 0, 0),) * 2, ((0, 0, 1, 0),) * 2, ((1, 0, 0),) * 2):
        with pytest.raises(SlthError):
            solve(VALUES, TARGETS, solver=Liar(answer))
    with pytest.raises(SlthError, match="does not have 2 terms"):
        solve(VALUES, TARGETS, size=2, solver=Liar(((1, 0, 0, 0),) * 2))
    wrong = solve(VALUES, TARGETS, 0, solver=Liar(((1, 0, 0, 0), (0, 0, 0, 0))))
    assert wrong.totals.tolist() == [5, 0], "totals come from the positions"


def test_a_solver_can_not_write_into_the_input() -> None:
    @dataclass(frozen=True)
    class Writer(Liar):
        """Tries to change the values."""

        def solve(self, problem: Problem, limits: Limits) -> Answer:
            """Write."""
            problem.values[0, 0] = 1
            return super().solve(problem, limits)

    values = VALUES.copy()
    with pytest.raises(ValueError, match="read-only"):
        solve(values, TARGETS, solver=Writer(((0, 0, 0, 0),) * 2))
    assert values.flags.writeable
    values[0, 0] = 9  # the caller's array stays his


def test_pick() -> None:
    assert pick(21) == "meet"
    assert pick(50, "fewest") == "meet"
    assert pick(30, signed=True, size=4) == "meet"
    assert pick(51) == "localsearch"
    assert pick(51, "fewest") == "greedy"
    assert pick(44, dims=4) == "grid"
    assert pick(45, dims=4) == "klist"
    assert pick(5000, "fewest", dims=16) == "klist"
    assert pick(5000, signed=True, dims=3) == "greedy"
    with pytest.raises(BadInput, match="no solver"):
        pick(21, dims=65)
    with pytest.raises(BadInput, match="no solver"):
        pick(5000, "closest", size=3)


def test_the_door_loads_nothing_heavy() -> None:
    code = (
        "import sys; from slth.rss.solve import pick; pick(21); "
        "print([m for m in ('numba', 'scipy', 'pulp', 'ortools', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_floats() -> None:
    found = solve_floats([0.5, -0.25, 0.3], 0.3)
    assert found.chosen.tolist() == [[0, 0, 1]]
    assert found.errors.tolist() == [0]
    assert found.bits == 54
    batch = solve_floats(np.array([[0.5, 0.25], [3.0, 2.0**-10]]), [0.7, 3.0], 0.1, objective="fewest")
    assert batch.chosen.tolist() == [[1, 1], [1, 0]]
    huge = solve_floats([2.0**80, 2.0**90], 2.0**90)
    assert huge.totals[0] * 2.0**-huge.bits == 2.0**90
    assert solve_floats([0.0, 0.0], 1.0).chosen.tolist() == [[0, 0]]
    assert solve_floats([1.0, 0.001], 1.001, bits=30).chosen.tolist() == [[1, 1]]
    for values, target, words in [
        ([1.0, 1e-20], 0.3, "bits="),
        ([np.nan], 0.3, "finite"),
        ([1.0], np.inf, "finite"),
        ([[[1.0]]], 0.3, "must be"),
    ]:
        with pytest.raises(BadInput, match=words):
            solve_floats(values, target)


def test_statuses_survive_replacement() -> None:
    found = solve(VALUES, TARGETS)
    assert replace(found, bits=3).count(Status.OPTIMAL) == 2
