"""How many samples one target needs: thresholds for four laws, simulated and as the hitting law says.

    python benchmarks/thresholds.py [--runs 20000]

For each law and eps, the smallest n at which the target 1/2 is within eps of some subset sum in 50 % and in 99 % of the
runs, by bisection, with a 95 % band. Beside it: a plain scan over n with numpy's generator, which shares no draws with
the sweep; an earlier simulation of ours with 600 runs a cell; what the hitting law expects; simulated tails where there
are some; the first moment (fewer can not do it); and the certified bound (so many surely do). Writes
results/thresholds.md and the table of a figure, paper_figures/data/thresholds.csv.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from harness import ROOT, Row, machine, save

from slth.experiments.run import run
from slth.experiments.sweep import Find, Sweep
from slth.rss.solve import solve

LAWS = ("U", "N", "UU", "NN")
ACCURACIES = (1e-2, 1e-3, 1e-4, 1e-5)
CHANCES = (0.5, 0.99)
EARLIER = {  # law: (n at 50 %, n at 99 %) for each accuracy, 600 runs a cell
    "U": ((7, 14), (11, 16), (14, 19), (18, 23)),
    "N": ((8, 13), (12, 16), (15, 21), (19, 24)),
    "UU": ((7, 17), (11, 19), (14, 20), (17, 24)),
    "NN": ((8, 16), (12, 17), (15, 20), (18, 22)),
}
LEAST_RUNS = 2000
BITS = 48  # of samples in the plain scan
LIMIT = 600.0  # seconds


def plain_samples(law: str, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Samples of a law from numpy's generator."""
    draw = (lambda: rng.uniform(-1, 1, shape)) if "U" in law else (lambda: rng.standard_normal(shape))
    return draw() * draw() if len(law) == 2 else draw()


def scanned(runs: int, last: int) -> dict[tuple[str, float, float], int]:
    """The first n with enough hits, scanning up, fresh samples for every n."""
    found: dict[tuple[str, float, float], int] = {}
    for number, law in enumerate(LAWS):
        rng = np.random.default_rng([5, number])
        for n in range(4, last + 1):
            values = np.rint(np.ldexp(plain_samples(law, (runs, n), rng), BITS)).astype(np.int64)
            errors = np.ldexp(solve(values, np.full(runs, 1 << BITS - 1), bits=BITS).errors.astype(float), -BITS)
            for eps in ACCURACIES:
                for chance in CHANCES:
                    if (errors <= eps).mean() >= chance:
                        found.setdefault((law, eps, chance), n)
            if all((law, eps, chance) in found for eps in ACCURACIES for chance in CHANCES):
                break
    return found


def key(row: dict) -> tuple[str, float, float]:
    """Which cell a row is of."""
    return row["law"], row["eps"], row["wanted chance"]


def earlier(row: dict) -> int:
    """What the earlier simulation found."""
    return EARLIER[row["law"]][ACCURACIES.index(row["eps"])][CHANCES.index(row["wanted chance"])]


def main() -> None:
    """Simulates, and writes the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=20_000)
    runs = parser.parse_args().runs
    find = Find("n", tuple(range(2, 41)), CHANCES)
    grid = {"law": LAWS, "eps": ACCURACIES, "z": (0.5,)}
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        table = run(Sweep("closest", grid, runs, seed=1, batch=2000, find=find), Path(folder))
    seconds = time.perf_counter() - begun
    table.write(ROOT / "paper_figures" / "data" / "thresholds.csv")
    plain = scanned(runs, 30)
    off = sum(abs(row["n"] - plain[key(row)]) > 1 for row in table.rows)
    noisy = [", ".join(f"{part}" for part in key(row)) for row in table.rows if abs(row["n"] - earlier(row)) > 1]
    model = [row["n: hitting law"] - row["n"] for row in table.rows]
    rows = [
        Row(f"{len(table.rows)} cells, {runs:,} runs each", f"{seconds:.0f} s", f"<= {LIMIT:.0f} s", seconds <= LIMIT),
        Row("runs a cell", f"{runs:,}", f">= {LEAST_RUNS:,}", runs >= LEAST_RUNS),
        Row("cells more than 1 from the plain scan", f"{off}", "0", off == 0),
        Row("cells more than 1 from the earlier 600 runs", "; ".join(noisy) or "none", "none", not noisy),
        Row("first moment <= n <= certified", f"{len(table.violated)} violated", "none", not table.violated),
    ]
    save(
        "thresholds",
        "Samples that one target needs",
        rows,
        listed(table.rows, plain),
        said(model),
        f"Machine: {machine()}.",
    )


def listed(rows: tuple, plain: dict) -> str:
    """Every cell."""
    heading = ("law", "eps", "chance", "n, 95 % band", "plain scan", "600 runs", "hitting law", "simulated tail")
    heading += ("first moment", "certified")
    lines = [f"| {' | '.join(heading)} |", "|" + "---|" * len(heading)]
    for row in rows:
        band = f"{row['n']} ({row['n low']} to {row['n high']})"
        cells = [row["law"], f"{row['eps']:g}", f"{row['wanted chance']:.0%}", band, plain[key(row)], earlier(row)]
        cells += [row["n: hitting law"], row.get("n: simulated tail", "")]
        cells += [row["n: first moment"], row["n: certified"]]
        lines.append("| " + " | ".join(str(cell) for cell in cells) + " |")
    return "\n".join(lines)


def said(model: list[int]) -> str:
    """How far off the hitting law is."""
    exact = sum(error == 0 for error in model)
    return f"The hitting law is exact in {exact} of {len(model)} cells and off by {min(model)} to {max(model)} samples."


if __name__ == "__main__":
    main()
