"""CBC through PuLP: a float solver in a process of its own, so its answers are checked and never called proved."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from slth.core.errors import Unavailable
from slth.rss.problem import Answer, Flags, Limits, Problem, solvers
from slth.rss.programs import Program, by_programs


@solvers.register("cbc")
@dataclass(frozen=True)
class Cbc:
    """CBC by PuLP: a mixed integer program a row, in floats; positions are rounded and recomputed by the door.

    PuLP calls a time-limited answer "Optimal"; whether there is an answer at all is read from `sol_status`.

    Parameters
    ----------
    seconds : float
        Most time for one program, where the budget leaves more.

    Source: COIN-OR CBC (Forrest and others) through PuLP (Mitchell and others).
    """

    seconds: float = 60.0

    flags: ClassVar[Flags] = Flags(sizes=True, dimensions=64, needs=("pulp",))

    def solve(self, problem: Problem, limits: Limits) -> Answer:
        """Solve row after row."""
        try:
            import pulp
        except ImportError as missing:
            raise Unavailable("the solver 'cbc' needs PuLP: pip install 'slth[ilp]'") from missing

        def run(program: Program, seconds: float) -> tuple[NDArray[np.int8] | None, bool]:
            with warnings.catch_warnings():  # PuLP 3.3 warns of every name that PuLP 4 will change
                warnings.simplefilter("ignore", DeprecationWarning)
                return one(program, seconds)

        def one(program: Program, seconds: float) -> tuple[NDArray[np.int8] | None, bool]:
            scale, columns = program.scale, program.columns
            model = pulp.LpProblem("subset", pulp.LpMinimize)
            x = [pulp.LpVariable(f"x{i}", cat="Binary") for i in range(len(columns))]
            error = pulp.LpVariable("error", 0)
            costs = {"error": error, "terms": pulp.lpSum(x), "nothing": 0 * error}
            model += costs[program.minimise]
            for column, target in zip(columns.T, program.target.tolist(), strict=True):
                total = pulp.lpDot([float(value) for value in column * scale], x)
                model += total - error <= target * scale
                model += total + error >= target * scale
                if program.tolerance is not None:
                    model += total <= (target + program.tolerance) * scale
                    model += total >= (target - program.tolerance) * scale
            if program.size is not None:
                model += pulp.lpSum(x) == program.size
            for pair in program.pairs:
                model += pulp.lpSum(x[i] for i in np.flatnonzero(pair)) <= 1
            limit = max(0.01, min(self.seconds, seconds))
            model.solve(pulp.PULP_CBC_CMD(msg=False, timeLimit=limit, gapRel=0.0))
            if model.sol_status not in (pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible):
                return None, False
            return program.coefficients(np.array([v.value() or 0.0 for v in x])), False

        return by_programs(problem, limits, run)
