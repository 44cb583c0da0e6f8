"""OR-Tools CP-SAT: integers in, integers out, a proof where it says OPTIMAL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from slth.core.errors import Unavailable
from slth.rss.problem import Answer, Flags, Limits, Problem, solvers
from slth.rss.programs import Program, by_programs


@solvers.register("cpsat")
@dataclass(frozen=True)
class CpSat:
    """CP-SAT by OR-Tools: a program over Booleans a row, an integer error; one worker, a fixed seed: answers repeat.

    Parameters
    ----------
    seconds : float
        Most time for one program, where the budget leaves more.
    workers : int
        Search threads; more than one is faster and does not repeat.

    Source: OR-Tools (Perron and Didier), CP-SAT.
    """

    seconds: float = 60.0
    workers: int = 1

    flags: ClassVar[Flags] = Flags(exact=True, sizes=True, dimensions=64, needs=("ortools",))

    def solve(self, problem: Problem, limits: Limits) -> Answer:
        """Solve row after row."""
        try:
            from ortools.sat.python import cp_model
        except ImportError as missing:
            raise Unavailable("the solver 'cpsat' needs OR-Tools: pip install 'slth[ilp]'") from missing

        def run(program: Program, seconds: float) -> tuple[NDArray[np.int8] | None, bool]:
            model = cp_model.CpModel()
            columns, target = program.columns.T.tolist(), program.target.tolist()
            x = [model.new_bool_var(f"x{i}") for i in range(len(program.columns))]
            for pair in program.pairs:
                model.add_at_most_one(x[i] for i in np.flatnonzero(pair))
            if program.size is not None:
                model.add(sum(x) == program.size)
            totals = [cp_model.LinearExpr.weighted_sum(x, column) for column in columns]
            if program.tolerance is not None:
                for total, goal in zip(totals, target, strict=True):
                    model.add_linear_constraint(total, goal - program.tolerance, goal + program.tolerance)
            if program.minimise == "error":
                far = max(sum(map(abs, column)) + abs(goal) for column, goal in zip(columns, target, strict=True))
                error = model.new_int_var(0, far, "error")
                for total, goal in zip(totals, target, strict=True):
                    model.add(total - error <= goal)
                    model.add(total + error >= goal)
                model.minimize(error)
            elif program.minimise == "terms":
                model.minimize(sum(x))
            solver = cp_model.CpSolver()
            solver.parameters.num_workers = self.workers
            solver.parameters.random_seed = 1
            solver.parameters.max_time_in_seconds = max(0.0, min(self.seconds, seconds))
            status = solver.solve(model)
            if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
                return None, status == cp_model.INFEASIBLE
            found = np.array([solver.boolean_value(v) for v in x], np.float64)
            return program.coefficients(found), status == cp_model.OPTIMAL

        return by_programs(problem, limits, run)
