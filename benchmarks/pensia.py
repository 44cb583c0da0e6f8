"""The published experiment of Pensia et al. (2020), re-run as real tickets: every figure of the README's main table.

    python benchmarks/pensia.py [--data FOLDER] [--quick]

FOLDER holds `targets/pensia-fc2.pt` (their trained 784-500-10 network) and `mnist/` (the four IDX files); default: the
environment variable SLTH_SHARED, else `../shared`, with `data` below it. Writes benchmarks/results/pensia.md and .json.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PUBLISHED = {"weights": 397_000, "seconds": 77_266, "kept": 3_725_871, "accuracy": 97.19}


@dataclass(frozen=True)
class Ran:
    """One command, run as a process of its own."""

    report: dict[str, Any]
    code: int
    seconds: float
    peak_gib: float


@dataclass(frozen=True)
class Row:
    """One line of the table: what was measured, against what it must reach."""

    what: str
    measured: str
    bar: str
    holds: bool


def run(*arguments: str, environment: dict[str, str] | None = None) -> Ran:
    """Runs `slth ... --json` and measures wall time and the peak memory of that process and its children."""
    command = [sys.executable, "-m", "slth", *arguments, "--json"]
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, **(environment or {})}, cwd=ROOT)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - begun
    if process.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)} stopped with code {process.returncode}")
    return Ran(json.loads(output), process.returncode, seconds, usage.ru_maxrss / 2**20)


def mnist_test(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """The 10,000 test images as raw pixels in [0, 1], and their labels."""
    images = np.frombuffer(gzip.decompress((folder / "t10k-images-idx3-ubyte.gz").read_bytes()), np.uint8, offset=16)
    labels = np.frombuffer(gzip.decompress((folder / "t10k-labels-idx1-ubyte.gz").read_bytes()), np.uint8, offset=8)
    return images.reshape(-1, 784) / 255.0, labels


def accuracy_of(ticket: Path, target: Path, images: np.ndarray, labels: np.ndarray) -> float:
    """Accuracy in percent of the masked random network, evaluated as two layers for each of the target's."""
    from slth.interop.read import read
    from slth.interop.tickets import read_ticket

    network = read_ticket(ticket)[0].to_network(read(target).network)
    right = [
        (network(part).argmax(1) == label).sum()
        for part, label in zip(np.split(images, 20), np.split(labels, 20), strict=True)
    ]
    return 100.0 * sum(right) / len(labels)


def closest_rows(target: Path, work: Path, data: Path, balls: Path) -> list[Row]:
    """n = 21, every subset proven closest."""
    ticket = work / "closest.slth"
    command = ["approximate", "--target", str(target), "-o", str(ticket), "--objective", "closest", "--samples", "21"]
    cold = run(*command, environment={"NUMBA_CACHE_DIR": str(work / "numba")})
    warm = run(*command, environment={"NUMBA_CACHE_DIR": str(work / "numba")})
    fast = run("verify", str(ticket), "--target", str(target), "--attack", "0")
    exact = run("verify", str(ticket), "--target", str(target), "--attack", "0", "--exact")
    attacked = run("verify", str(ticket), "--target", str(target), "--attack", "20")
    ball = run(
        "verify",
        str(ticket),
        "--target",
        str(target),
        "--domain",
        f"ball:{balls}:0.01",
        "--epsilon",
        "1",
        "--attack",
        "20",
    )
    images, labels = mnist_test(data / "mnist")
    accuracy = accuracy_of(ticket, target, images, labels)
    box = fast.report["eps_real"] / attacked.report["attack"]
    near = ball.report["eps_real"] / ball.report["attack"]
    checker = exact.report["exact"]
    proved = fast.report["verdict"] == exact.report["verdict"] == "PROVED"
    return [
        Row("closest: whole command, first time", f"{cold.seconds:.1f} s", "<= 20 s", cold.seconds <= 20),
        Row("closest: whole command, after", f"{warm.seconds:.1f} s", "<= 12 s", warm.seconds <= 12),
        Row(
            "closest: solving",
            f"{warm.report['seconds']['solve']:.2f} s",
            f"published {PUBLISHED['seconds']:,} s",
            True,
        ),
        Row("closest: peak memory", f"{warm.peak_gib:.2f} GiB", "<= 2 GiB", max(warm.peak_gib, cold.peak_gib) <= 2),
        Row("closest: kept", f"{warm.report['kept_weights']:,}", f"published {PUBLISHED['kept']:,}", True),
        Row("closest: MNIST accuracy", f"{accuracy:.2f} %", "97.19 +- 0.05 %", abs(accuracy - 97.19) <= 0.05),
        Row(
            "closest: sup of the logit error on [0, 1]^784",
            f"{'PROVED' if proved else 'NOT PROVED'}, eps_real {fast.report['eps_real']:.4g}, exact {checker['eps_real']:.4g}",
            "PROVED <= 0.02",
            proved and max(fast.report["eps_real"], checker["eps_real"]) <= 0.02,
        ),
        Row("closest: eps_f64, eps_f32", f"{fast.report['eps_f64']:.4g}, {fast.report['eps_f32']:.4g}", "-", True),
        Row("verify", f"{fast.seconds:.1f} s", "<= 10 s", fast.seconds <= 10),
        Row("verify --exact", f"{exact.seconds:.1f} s", "<= 30 s", exact.seconds <= 30),
        Row("closest: certificate / attack, box", f"{box:.2f}", "<= 3", box <= 3),
        Row("closest: certificate / attack, l_inf ball 0.01", f"{near:.2f}", "<= 2", near <= 2),
    ]


def fewest_rows(target: Path, work: Path, data: Path, seeds: int) -> list[Row]:
    """n = 21, weight error 0.01, fewest terms; other seeds show how often a weight is missed."""
    images, labels = mnist_test(data / "mnist")
    found = []
    for seed in range(seeds):
        ticket = work / f"fewest{seed}.slth"
        options = ["--weight-error", "0.01", "--objective", "fewest", "--samples", "21", "--seed", str(seed)]
        found.append((run("approximate", "--target", str(target), "-o", str(ticket), *options), ticket))
    none_missed = [pair for pair in found if pair[0].report["missed"] == 0]
    ran, ticket = (none_missed or found)[0]
    kept = max(pair[0].report["kept_weights"] for pair in found)
    solve = float(np.median([pair[0].report["seconds"]["solve"] for pair in found]))
    missed = [pair[0].report["missed"] for pair in found]
    return [
        Row(
            "fewest: kept at weight error 0.01, n = 21",
            f"{kept:,} (most of {seeds} seeds)",
            "<= 230,000",
            kept <= 230_000,
        ),
        Row("fewest: solving", f"{solve:.2f} s (median)", "<= 0.5 s", solve <= 0.5),
        Row("fewest: missed, seed by seed", f"{missed}", "no miss", not any(missed)),
        Row("fewest: MNIST accuracy", f"{accuracy_of(ticket, target, images, labels):.2f} %", "printed", True),
    ]


def epsilon_rows(target: Path, work: Path) -> list[Row]:
    """--epsilon 0.05 on the box, n free."""
    ticket = work / "epsilon.slth"
    made = run("approximate", "--target", str(target), "-o", str(ticket), "--epsilon", "0.05", "--objective", "fewest")
    both = run("verify", str(ticket), "--target", str(target), "--exact", "--attack", "20")
    kept, report = made.report["kept_weights"], both.report
    proved = made.code == 0 and report["verdict"] == "PROVED" and made.report["eps"] <= 0.05
    numpy_ratio, exact_ratio = (
        (report[key] / report["attack"] for key in ("eps_real", "exact_eps"))
        if "exact_eps" in report
        else (
            report["eps_real"] / report["attack"],
            report["exact"]["eps_real"] / report["attack"],
        )
    )
    return [
        Row(
            "--epsilon 0.05: proved by both",
            f"{report['verdict']}, claim {made.report['eps']:.4g}, n = {made.report['samples']}, rounds {len(made.report['rounds'])}",
            "PROVED by both",
            proved,
        ),
        Row("--epsilon 0.05: kept", f"{kept:,}", "<= 1,700,000", kept <= 1_700_000),
        Row("--epsilon 0.05: whole command", f"{made.seconds:.1f} s", "<= 40 s", made.seconds <= 40),
        Row("fewest: certificate / attack, box, numpy", f"{numpy_ratio:.2f}", "<= 5", numpy_ratio <= 5),
        Row("fewest: certificate / attack, box, exact", f"{exact_ratio:.2f}", "<= 12", exact_ratio <= 12),
    ]


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| what | measured | must reach | |", "|---|---|---|---|"]
    lines += [f"| {row.what} | {row.measured} | {row.bar} | {'holds' if row.holds else 'MISSED'} |" for row in rows]
    return "\n".join(lines)


def main() -> None:
    """Runs every row and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(os.environ.get("SLTH_SHARED", ROOT.parent / "shared")) / "data"
    parser.add_argument("--data", type=Path, default=default, help="folder with targets/ and mnist/")
    parser.add_argument("--seeds", type=int, default=10, help="seeds of the fewest rows")
    options = parser.parse_args()
    target = options.data / "targets" / "pensia-fc2.pt"
    if not target.is_file():
        raise SystemExit(f"{target}: not here; give --data")
    from peers import peer_rows

    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        images, _ = mnist_test(options.data / "mnist")
        np.save(work / "balls.npy", images[:10])
        rows = closest_rows(target, work, options.data, work / "balls.npy")
        rows += fewest_rows(target, work, options.data, options.seeds)
        rows += epsilon_rows(target, work)
        rows += [Row(*row) for row in peer_rows(target)]
    text = table(rows)
    print(text)
    machine = (
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}"
    )
    (HERE / "results").mkdir(exist_ok=True)
    heading = (
        f"# The experiment of Pensia et al. (2020) as real tickets\n\n`python benchmarks/pensia.py` on {machine}.\n\n"
    )
    (HERE / "results" / "pensia.md").write_text(heading + text + "\n")
    (HERE / "results" / "pensia.json").write_text(json.dumps([vars(row) for row in rows], indent=1) + "\n")


if __name__ == "__main__":
    main()
