"""Certified bounds against simulation: no bound may be exceeded beyond binomial noise, in millions of instances.

    python benchmarks/certified.py [--runs 100000]

A failure is a target in [-radius, radius] that no subset sum comes within eps of, decided exactly by unions of
intervals in integers. Cells are those in which a bound says something, and some in which it does not yet.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from harness import Row, machine, save

from slth.experiments.run import run
from slth.experiments.sweep import Sweep

GRIDS = (  # law, eps, n, radius
    ("U", (0.05, 0.1, 0.2), (10, 14, 18, 22, 26, 30), 0.5),
    ("N", (0.1, 0.2), (10, 18, 26, 34, 42), 0.5),
    ("U", (0.1, 0.2), (12, 18, 24, 30), 1.0),
    ("N", (0.1, 0.2), (12, 18, 24, 30), 1.0),
    ("UU", (0.2, 0.4), (12, 24, 36, 48), 1.0),
    ("NN", (0.2, 0.4), (12, 24, 36), 1.0),
    ("D", (0.2, 0.4), (24, 48, 72), 1.0),
)
BOUNDS = ("growth bound", "value iteration", "least growth")
LEAST = 1_000_000


def main() -> None:
    """Simulates, compares, and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=100_000)
    runs = parser.parse_args().runs
    begun = time.perf_counter()
    found: list[dict] = []
    with tempfile.TemporaryDirectory() as folder:
        for law, accuracies, samples, radius in GRIDS:
            grid = {"law": (law,), "radius": (radius,), "eps": accuracies, "n": samples}
            found += run(Sweep("cover", grid, runs, seed=2, batch=5000), Path(folder)).rows
    seconds = time.perf_counter() - begun
    telling = sum(any(row.get(name, 0) > 0 for name in BOUNDS) for row in found)
    broken = [row for row in found if row["verdict"] != "holds"]
    instances = sum(row["runs"] for row in found)
    rows = [
        Row("instances simulated", f"{instances:,} in {seconds:.0f} s", f">= {LEAST:,}", instances >= LEAST),
        Row("bounds exceeded beyond noise (one in a million a row)", f"{len(broken)}", "0", not broken),
        Row("cells in which a bound is not trivial", f"{telling} of {len(found)}", "some", telling > 0),
    ]
    save("certified", "Certified bounds against simulation", rows, listed(found), f"Machine: {machine()}.")


def listed(found: list[dict]) -> str:
    """Every cell: failures measured, and at most as many by each bound."""
    lines = ["| law | radius | eps | n | failed | " + " | ".join(BOUNDS) + " | coverage law |", "|---" * 9 + "|"]
    for row in found:
        cells = [row["law"], row["radius"], row["eps"], row["n"], f"{1 - row['chance']:.2g}"]
        cells += [f"{1 - row[name]:.2g}" if name in row else "" for name in (*BOUNDS, "coverage law")]
        lines.append("| " + " | ".join(str(cell) for cell in cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
