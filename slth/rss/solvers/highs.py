"""HiGHS through scipy: a float solver, so its answers are checked and never called proved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from slth.core.errors import Unavailable
from slth.rss.problem import Answer, Flags, Limits, Problem, solvers
from slth.rss.programs import Program, by_programs


@solvers.register("highs")
@dataclass(frozen=True)
class Highs:
    """HiGHS by SciPy: a mixed integer program a row, in floats; positions are rounded and recomputed by the door.

    Parameters
    ----------
    seconds : float
        Most time for one program, where the budget leaves more.

    Source: HiGHS (Huangfu and Hall 2018) through scipy.optimize.milp.
    """

    seconds: float = 60.0

    flags: ClassVar[Flags] = Flags(sizes=True, dimensions=64, needs=("scipy",))

    def solve(self, problem: Problem, limits: Limits) -> Answer:
        """Solve row after row."""
        try:
            from scipy.optimize import Bounds, LinearConstraint, milp
        except ImportError as missing:
            raise Unavailable("the solver 'highs' needs scipy: pip install scipy") from missing

        def run(program: Program, seconds: float) -> tuple[NDArray[np.int8] | None, bool]:
            cost, matrix, low, high = constraints(program)
            k = len(program.columns)
            limit = max(1e-3, min(self.seconds, seconds))
            result: Any = milp(
                cost,
                constraints=LinearConstraint(matrix, low, high),
                integrality=np.r_[np.ones(k), 0.0],
                bounds=Bounds(0.0, np.r_[np.ones(k), np.inf]),
                options={"time_limit": limit, "mip_rel_gap": 0.0},
            )
            if result.x is None:
                return None, False
            return program.coefficients(result.x[:k]), False

        return by_programs(problem, limits, run)


def constraints(program: Program) -> tuple[NDArray[np.float64], ...]:
    """Return cost, matrix and row bounds; the variables are the columns of the program and then the error.

    Source: ours.
    """
    scale, columns = program.scale, program.columns
    k = len(columns)
    rows, low, high = [], [], []

    def add(row: NDArray[np.float64], error: float, least: float, most: float) -> None:
        rows.append(np.r_[row, error])
        low.append(least)
        high.append(most)

    for column, target in zip(columns.T, program.target.tolist(), strict=True):
        total = column * scale
        add(total, -1.0, -np.inf, target * scale)
        add(total, 1.0, target * scale, np.inf)
        if program.tolerance is not None:
            add(total, 0.0, (target - program.tolerance) * scale, (target + program.tolerance) * scale)
    if program.size is not None:
        add(np.ones(k), 0.0, program.size, program.size)
    for pair in program.pairs:
        add(pair, 0.0, 0.0, 1.0)
    costs = {"error": np.r_[np.zeros(k), 1.0], "terms": np.r_[np.ones(k), 0.0], "nothing": np.zeros(k + 1)}
    return costs[program.minimise], np.array(rows), np.array(low), np.array(high)
