"""Subset sums of normally scaled normal vectors: error against n, the smallest n, and what each solver reaches.

    python benchmarks/vectors.py [--quick] [--parts error_vs_n smallest_n smallest_k reach]

Samples are Z * (Z_1, ..., Z_d), Z and Z_i normal integers of the package's own generator at 2^-20; targets have 1-norm
1 and no entry beyond 1/2. Writes benchmarks/results/vectors.json (flat rows, one `kind` for each part) and vectors.md.
`--quick` takes few seeds and short budgets and writes vectors-quick.json instead.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from vectors_report import EXACT, KINDS, Row, report

from slth.core.errors import SlthError
from slth.core.laws import law
from slth.core.philox import key_from_seed, words_range
from slth.rss.expected import expected_error
from slth.rss.solve import pick, solve
from slth.rss.solvers.klist import KList

HERE = Path(__file__).resolve().parent
BITS = 40
UNIT = 2.0**-BITS


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    seeds: int
    draws: int
    sizes: tuple[int, ...]
    dims: tuple[int, ...]
    accuracies: tuple[float, ...]
    seconds: float


FULL = Scale(
    11,
    41,
    (4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 64, 96, 128, 256, 512, 1024),
    tuple(range(1, 10)),
    (0.1, 0.05),
    60.0,
)
QUICK = Scale(3, 5, (8, 16, 24, 32, 64, 256), (1, 2, 4, 9), (0.2,), 1.0)


def samples(seed: int, n: int, dims: int) -> np.ndarray:
    """NSN vectors as integers at 2^-40, (1, n, d); the first ones do not depend on n."""
    normal, key = law("normal"), key_from_seed(seed)
    scales = normal.integers(words_range(key, 0, 0, n))
    vectors = normal.integers(words_range(key, 1, 0, n * dims)).reshape(n, dims)
    return (scales[:, None] * vectors)[None]


def target(seed: int, dims: int) -> np.ndarray:
    """A direction of 1-norm 1, entries cut at 1/2, as integers at 2^-40, (1, d)."""
    direction = law("normal").integers(words_range(key_from_seed(seed), 2, 0, dims)).astype(float)
    cut = np.clip(direction / np.abs(direction).sum(), -0.5, 0.5)
    return np.rint(cut / UNIT).astype(np.int64)[None]


def error_vs_n(scale: Scale) -> Iterator[Row]:
    """Median error and its quartiles, exact up to n = 44 and by the tree of lists beyond."""
    for dims in scale.dims:
        for n in scale.sizes:
            seeds = scale.seeds if n <= EXACT else max(3, scale.seeds // 2)
            errors, expected, begun = [], [], time.perf_counter()
            for seed in range(seeds):
                values, goal = samples(seed, n, dims), target(seed, dims)
                errors.append(solve(values, goal, bits=BITS, solver=solver_of(n, dims)).errors[0] * UNIT)
                expected.append(expected_error(values, goal)[0] * UNIT)
            low, median, high = np.quantile(errors, [0.25, 0.5, 0.75])
            yield {
                "kind": "error_vs_n",
                "d": dims,
                "n": n,
                "median": float(median),
                "low": float(low),
                "high": float(high),
                "expected": float(np.median(expected)),
                "solver": solver_of(n, dims),
                "seeds": seeds,
                "seconds": (time.perf_counter() - begun) / seeds,
            }


def solver_of(n: int, dims: int) -> str:
    """What `auto` takes, and the tree of lists for many numbers too."""
    return pick(n, dims=dims) if n <= EXACT else "klist"


def smallest_n(scale: Scale) -> Iterator[Row]:
    """The n at which half of the draws have a subset within eps, exactly: the median over draws of the first such n.

    Samples of a draw are nested, so its error falls with n and its first n is found by bisection.
    """
    for eps in scale.accuracies:
        logs = []
        for dims in range(1, 7):
            firsts = np.array([first_n(seed, dims, eps) for seed in range(scale.draws)], float)
            generator = np.random.default_rng(0)
            medians = np.median(generator.choice(firsts, (1000, len(firsts))), axis=1)
            logs.append((dims, firsts, medians))
            low, high = np.quantile(medians, [0.025, 0.975])
            yield {
                "kind": "smallest_n",
                "d": dims,
                "eps": eps,
                "n": float(np.median(firsts)),
                "low": float(low),
                "high": float(high),
                "beyond": int(np.sum(firsts > EXACT)),
                "draws": scale.draws,
                "solver": "exact",
            }
        yield exponent(eps, logs, "n")


def first_n(seed: int, dims: int, eps: float) -> int:
    """Least n up to 44 with a subset within eps, or 45."""
    goal, tolerance = target(seed, dims), int(eps / UNIT)
    values = samples(seed, EXACT, dims)

    def reached(n: int) -> bool:
        some = np.ascontiguousarray(values[:, :n])
        return n > EXACT or int(solve(some, goal, bits=BITS).errors[0]) <= tolerance

    low, step = 0, 4  # from small n upwards: those are quick
    while not reached(low + step):
        low += step
    high = min(low + step, EXACT + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high


def exponent(eps: float, logs: list[tuple[int, np.ndarray, np.ndarray]], what: str) -> Row:
    """Slope of log(median) against log(d) for d >= 2, and the range of 95 % of the bootstrapped slopes."""
    used = [entry for entry in logs if entry[0] >= 2 and np.median(entry[1]) <= EXACT]
    x = np.log([dims for dims, _, _ in used])
    middle = np.polyfit(x, np.log([np.median(firsts) for _, firsts, _ in used]), 1)[0]
    slopes = [np.polyfit(x, np.log([medians[i] for _, _, medians in used]), 1)[0] for i in range(1000)]
    low, high = np.quantile(slopes, [0.025, 0.975])
    dims = [entry[0] for entry in used]
    return {
        "kind": "exponent",
        "what": what,
        "eps": eps,
        "exponent": float(middle),
        "low": float(low),
        "high": float(high),
        "dims": dims,
    }


def smallest_k(scale: Scale) -> Iterator[Row]:
    """The k at which half of the draws of n = k^2 have a subset of k within eps: the published form.

    An upper bound where n > 44, since the tree of lists proves nothing.
    """
    eps, most = 0.1, 20
    for dims in range(1, 7):
        firsts = []
        for seed in range(scale.draws):
            values, goal = samples(seed, most * most, dims), target(seed, dims)
            first = most + 1
            for k in range(2, most + 1):
                some = np.ascontiguousarray(values[:, : k * k])
                solver = "auto" if k * k <= EXACT else KList(lists=4, width=2**14)
                if solve(some, goal, size=k, bits=BITS, solver=solver).errors[0] * UNIT <= eps:
                    first = k
                    break
            firsts.append(first)
        low, high = np.quantile(firsts, [0.25, 0.75])
        k = float(np.median(firsts))
        yield {
            "kind": "smallest_k",
            "d": dims,
            "eps": eps,
            "k": k,
            "n": k * k,
            "low": float(low),
            "high": float(high),
            "draws": scale.draws,
        }


def reach(scale: Scale) -> Iterator[Row]:
    """The error of each solver within the budget, with few and with many samples."""
    for name in ("grid", "klist", "localsearch", "greedy", "relaxation", "cpsat", "highs", "cbc"):
        for dims, n in ((2, 256), (4, 40), (4, 256), (6, 256), (9, 40), (9, 256)):
            solver: Any = KList(width=2**19, rounds=10**6) if name == "klist" else name
            begun = time.perf_counter()
            try:
                found = solve(samples(0, n, dims), target(0, dims), bits=BITS, solver=solver, budget=scale.seconds)
            except SlthError:  # too many values for it, or not installed
                continue
            yield {
                "kind": "reach",
                "solver": name,
                "d": dims,
                "n": n,
                "error": float(found.errors[0] * UNIT),
                "proved": bool(found.status[0] == 0),
                "budget": scale.seconds,
                "seconds": time.perf_counter() - begun,
            }


PARTS: dict[str, Callable[[Scale], Iterator[Row]]] = {
    "error_vs_n": error_vs_n,
    "smallest_n": smallest_n,
    "smallest_k": smallest_k,
    "reach": reach,
}


def main() -> None:
    """Measures the parts asked for and keeps what the file has of the others."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few seeds, short budgets, a file of its own")
    parser.add_argument("--parts", nargs="+", choices=list(PARTS), default=list(PARTS))
    options = parser.parse_args()
    scale = QUICK if options.quick else FULL
    name = "vectors-quick" if options.quick else "vectors"
    path = HERE / "results" / f"{name}.json"
    rows: list[Row] = json.loads(path.read_text()) if path.is_file() else []
    path.parent.mkdir(exist_ok=True)
    solve(samples(0, 50, 2), target(0, 2), solver=KList(width=2**10))  # compiled before anything is timed
    for part in options.parts:
        rows = [row for row in rows if row["kind"] not in KINDS[part]]
        for row in PARTS[part](scale):
            print(json.dumps(row), flush=True)
            rows.append(row)
        path.write_text(json.dumps(rows, indent=1) + "\n")
    machine = (
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}"
    )
    heading = f"# Subset sums of normally scaled normal vectors\n\n`python benchmarks/vectors.py` on {machine}.\n\n"
    path.with_suffix(".md").write_text(heading + report(rows))


if __name__ == "__main__":
    main()
