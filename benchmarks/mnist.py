"""Edge-popup on MNIST: LeNet-5 at density 0.5, three seeds, on a CPU.

    python benchmarks/mnist.py [--epochs 6] [--seeds 3]

The command is `slth search edge-popup --arch lenet5 --data mnist --density 0.5`; each ticket is then verified. A tenth
of the training pictures chooses the epoch; the test pictures are counted once.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from harness import DATA, Row, run, save

LEAST = 0.975
MOST_SECONDS = 20 * 60.0


def main() -> None:
    """Searches, verifies, and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    data = ("--data", "mnist", "--data-dir", str(DATA))
    with tempfile.TemporaryDirectory() as folder:
        ticket = Path(folder) / "mnist.slth"
        what = ("--arch", "lenet5", "--density", "0.5", "--epochs", str(given.epochs), "--seeds", str(given.seeds))
        found = run("search", "edge-popup", *data, *what, "-o", str(ticket))
        runs = found.report["runs"]
        again = [run("verify", entry["ticket"], *data).report for entry in runs]
    reached = [entry["test_accuracy"] for entry in runs]
    sane = max(value for entry in runs for value in entry["baselines"].values())
    same = all(a["test_accuracy"] == b["test_accuracy"] for a, b in zip(runs, again, strict=True))
    mean, (low, high) = found.report["test_accuracy"], found.report["test_accuracy_interval"]
    listed = ", ".join(f"{100 * value:.2f}" for value in reached)
    rows = [
        Row(
            f"LeNet-5, edge-popup, density 0.5, {given.seeds} seeds, {given.epochs} epochs",
            f"{listed} %; mean {100 * mean:.2f} ± {50 * (high - low):.2f} %",
            f">= {100 * LEAST} % each",
            min(reached) >= LEAST,
        ),
        Row("time, all seeds", f"{found.seconds:.0f} s", f"<= {MOST_SECONDS:.0f} s", found.seconds <= MOST_SECONDS),
        Row("best sanity baseline", f"{100 * sane:.2f} %", "below every ticket", sane < min(reached)),
        Row("verified", f"accuracies the same: {same}", "to the last digit", same),
    ]
    save("mnist", "Edge-popup on MNIST", rows)


if __name__ == "__main__":
    main()
