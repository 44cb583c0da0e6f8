"""The door of the subset sums: it checks, asks a solver, recomputes the answers in integers, says what is proved."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slth.core.errors import BadInput, SlthError
from slth.rss.inputs import LARGEST_SUM, checked
from slth.rss.problem import Answer, Integers, Limits, Problem, Solver, all_cores, solvers
from slth.rss.subsets import Status, Subsets

BLOCK = 4096  # rows recomputed at a time: what one block needs stays in the cache


def solve(
    values: Integers,
    targets: Integers,
    tolerance: int | Integers | None = None,
    *,
    objective: str = "closest",
    size: int | None = None,
    signed: bool = False,
    bits: int = 48,
    solver: str | Solver = "auto",
    budget: float | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Subsets:
    """Choose for each row the positions whose values add up to its target, best by the objective.

    Parameters
    ----------
    values : (b, n) or (b, n, d) int64
        Value times 2**bits, or vector of d values; 0 (in all coordinates) is an empty slot and is never chosen. In each
        row and coordinate the absolute values and the target add up to less than 2**61.
    targets : (b,) or (b, d) int64
        In the same unit. The error of a vector is the largest over its coordinates.
    tolerance : int or (b,) int64, optional
        In the same unit; `fewest` and `within` need it, with `closest` it only decides between OPTIMAL and NONE.
    objective : str
        `closest`; `fewest`: the closest among those with the fewest terms within tolerance; `within`: any one within
        tolerance. Where nothing is within tolerance, all of them give the closest.
    size : int, optional
        Choose exactly so many positions (not with `fewest`).
    signed : bool
        Allow coefficients -1, 0, 1 instead of 0, 1.
    bits : int
        The unit is 2**-bits; only passed on to the answer.
    solver : str or Solver
        A name, `auto` (see `pick`), or an instance with options.
    budget : float, optional
        Seconds; rows not reached keep the empty choice and status BUDGET. Zero returns at once.
    threads : int, optional
        All cores by default; answers do not depend on it.
    progress : callable, optional
        Called as progress(done, total) with numbers of rows.

    Raises
    ------
    BadInput
        When an argument can not be used, sums could overflow, or the solver can not do what is asked.

    Source: ours.
    """
    problem = checked(values, targets, tolerance, objective, size, signed)
    plugin = _solver(solver, problem)
    if budget is not None and not budget >= 0:
        raise BadInput(f"budget {budget} must be a number of seconds, zero or more")
    if threads is not None and threads < 1:
        raise BadInput(f"threads {threads} must be 1 or more")
    deadline = None if budget is None else time.monotonic() + budget
    limits = Limits(deadline, threads or all_cores(), progress)
    if budget == 0 or problem.rows == 0:
        answer = Answer(np.zeros((problem.rows, problem.n), np.int8), np.zeros(problem.rows, np.bool_))
    else:
        answer = plugin.solve(problem, limits)
    totals, sizes = _recomputed(problem, answer, plugin)
    errors = np.abs(totals - problem.goals).max(axis=1, initial=0)
    totals = totals.reshape(np.shape(targets))
    return Subsets(answer.chosen, totals, errors, _status(problem, answer.proved, errors, sizes), bits)


def pick(n: int, objective: str = "closest", signed: bool = False, size: int | None = None, dims: int = 1) -> str:
    """Name the solver that `auto` takes: the first by rank whose flags allow the problem.

    Raises
    ------
    BadInput
        When no solver does.

    Source: ours.
    """
    ranked = sorted(
        (cls.flags.rank, name) for name, cls in solvers if cls.flags.rank is not None and dims >= cls.flags.rank_from
    )
    for _, name in ranked:
        if solvers.get(name).flags.refusal(n, objective, signed, size, dims) is None:
            return name
    raise BadInput(f"no solver for n = {n}, objective {objective!r}, signed = {signed}, size = {size}, dims = {dims}")


def solve_floats(
    values: ArrayLike, target: ArrayLike, tolerance: float | None = None, *, bits: int | None = None, **options: Any
) -> Subsets:
    """Solve subset sums given as floats, converted to integers without rounding the values, unless that is asked for.

    Parameters
    ----------
    values : (n,), (b, n) or (b, n, d) float
        The unit 2**-bits is the coarsest in which all values (and, if there is room, the targets) are integers.
    target : float, (b,) or (b, d) float
        Rounded to the unit where it does not fit.
    tolerance : float, optional
        Rounded down to the unit.
    bits : int, optional
        Round values and target to multiples of 2**-bits.
    **options
        As for `solve`.

    Raises
    ------
    BadInput
        When a number is not finite, or the values span too many binary digits for 64-bit sums.

    Source: ours.
    """
    a = np.atleast_2d(np.asarray(values, np.float64))
    t = np.atleast_1d(np.asarray(target, np.float64))
    if a.ndim not in (2, 3) or t.ndim != a.ndim - 1 or a.shape[:1] + a.shape[2:] != t.shape:
        raise BadInput(
            f"values {a.shape} and target {t.shape} must be (n,) and one number, (b, n) and (b,), or "
            "(b, n, d) and (b, d)"
        )
    if not (np.isfinite(a).all() and np.isfinite(t).all()):
        raise BadInput("values and target must be finite: remove nan and inf")
    total = float(np.abs(a).sum(axis=1).max(initial=0.0) + np.abs(t).max(initial=0.0))
    room = 60 - int(np.frexp(max(total, 2.0**-900))[1])
    needed = _binary_digits(a) if bits is None else bits
    if needed > room:
        raise BadInput(
            f"values need {needed} binary digits but 64-bit sums have room for {room}: round them, bits={room}"
        )
    if bits is None:
        bits = min(room, max(needed, _binary_digits(t)))
    limit = None if tolerance is None else _integer_tolerance(tolerance, bits)
    integers = np.rint(np.ldexp(a, bits)).astype(np.int64)
    goals = np.rint(np.ldexp(t, bits)).astype(np.int64)
    return solve(integers, goals, limit, bits=bits, **options)


def _binary_digits(numbers: NDArray[np.float64]) -> int:
    """Return the least k, possibly negative, such that all numbers are multiples of 2**-k."""
    mantissas, exponents = np.frexp(numbers[numbers != 0])
    if mantissas.size == 0:
        return 0
    whole = np.ldexp(mantissas, 53).astype(np.int64)
    trailing = np.log2((whole & -whole).astype(np.float64)).astype(np.int64)
    return int((53 - exponents - trailing).max())


def _integer_tolerance(tolerance: float, bits: int) -> int:
    if not tolerance >= 0:
        raise BadInput(f"tolerance {tolerance} must be zero or more")
    return int(min(np.floor(np.ldexp(tolerance, bits)), LARGEST_SUM))


def _solver(solver: str | Solver, problem: Problem) -> Solver:
    ask = (problem.n, problem.objective, problem.signed, problem.size, problem.dims)
    if isinstance(solver, str):
        name = pick(*ask) if solver == "auto" else solver
        plugin = solvers.get(name)()
    else:
        name, plugin = type(solver).__name__.lower(), solver
    refusal = plugin.flags.refusal(*ask)
    if refusal is not None:
        raise BadInput(f"solver {name!r} can not do this ({refusal}): choose another, or 'auto'")
    return plugin


def _recomputed(problem: Problem, answer: Answer, plugin: Solver) -> tuple[Integers, Integers]:
    """Return totals and numbers of terms from the positions alone; refuse an answer that is no choice of positions."""
    chosen = answer.chosen
    lowest = -1 if problem.signed else 0
    name = type(plugin).__name__
    wanted = (problem.rows, problem.n)
    if chosen.shape != wanted or chosen.dtype != np.int8 or answer.proved.shape != (problem.rows,):
        raise SlthError(f"solver {name} returned {chosen.dtype} {chosen.shape}, not int8 {wanted}")
    if chosen.size and (chosen.min() < lowest or chosen.max() > 1):
        raise SlthError(f"solver {name} returned coefficients other than those allowed")
    totals = np.empty((problem.rows, problem.dims), np.int64)
    sizes = np.empty(problem.rows, np.int64)
    vectors, block = problem.vectors, max(1, BLOCK // problem.dims)
    for begin in range(0, problem.rows, block):
        rows = slice(begin, begin + block)
        values, coefficients = vectors[rows], chosen[rows]
        totals[rows] = np.multiply(values, coefficients[:, :, None], dtype=np.int64).sum(axis=1)
        sizes[rows] = np.count_nonzero(coefficients, axis=1)
        if np.any(~values.any(axis=2) & (coefficients != 0)):
            raise SlthError(f"solver {name} chose an empty slot")
    if problem.size is not None and np.any((sizes != problem.size) & ((sizes != 0) | answer.proved)):
        raise SlthError(f"solver {name} returned a choice that does not have {problem.size} terms")
    return totals, sizes


def _status(problem: Problem, proved: NDArray[np.bool_], errors: Integers, sizes: Integers) -> NDArray[np.uint8]:
    status = np.where(proved, np.uint8(Status.OPTIMAL), np.uint8(Status.BUDGET))
    if problem.tolerances is not None:
        within = errors <= problem.tolerances
        valid = np.True_ if problem.size is None else sizes == problem.size
        status[proved & ~within] = Status.NONE
        status[~proved & within & valid] = Status.WITHIN
        if problem.objective == "within":
            status[proved & within] = Status.WITHIN
    return status.astype(np.uint8)
