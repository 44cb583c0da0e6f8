"""What benchmarks share: commands run as processes of their own, rows of a table with bars, and where results go."""

from __future__ import annotations

import gzip
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
DATA = Path(os.environ.get("SLTH_SHARED", ROOT.parent / "shared")) / "data"


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


def accuracy_of(ticket: Path, target: Path, images: np.ndarray, labels: np.ndarray, *arch: str) -> float:
    """Accuracy in percent of the masked random network, evaluated as two layers for each of the target's."""
    from slth.interop.read import read
    from slth.interop.tickets import read_ticket

    network = read_ticket(ticket)[0].to_network(read(target, *arch).network)
    pieces = zip(np.split(images, 20), np.split(labels, 20), strict=True)
    right = sum((network(part).argmax(1) == label).sum() for part, label in pieces)
    return float(100.0 * right / len(labels))


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| what | measured | must reach | |", "|---|---|---|---|"]
    lines += [f"| {row.what} | {row.measured} | {row.bar} | {'holds' if row.holds else 'MISSED'} |" for row in rows]
    return "\n".join(lines)


def machine() -> str:
    """Cores and versions, for the heading of a result."""
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}"


def save(name: str, title: str, rows: Sequence[Row], *more: str) -> None:
    """Prints the table and writes results/NAME.md and .json; `more` are paragraphs below the table."""
    text = "\n\n".join([table(rows), *more])
    print(text)
    (HERE / "results").mkdir(exist_ok=True)
    heading = f"# {title}\n\n`python benchmarks/{name}.py` on {machine()}.\n\n"
    (HERE / "results" / f"{name}.md").write_text(heading + text + "\n")
    records = [{**vars(row), "holds": bool(row.holds)} for row in rows]
    (HERE / "results" / f"{name}.json").write_text(json.dumps(records, indent=1) + "\n")
