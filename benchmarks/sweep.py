"""Sweeps: scalar instances drawn, solved to the optimum and counted a second, and whether a kill loses any.

    python benchmarks/sweep.py [--instances 4000000] [--kills 20]

Throughput is of the whole command, start of the workers included, at n = 20, objective closest. A kill is a SIGKILL at
a random time; after the last one the sweep is left to finish, and its table compared with that of an undisturbed run.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness import Row, machine, save

LAWS = ("U", "UU")
SAMPLES = 20
BATCH = 20_000
GRID = """measure = "closest"
repeats = {repeats}
batch = {batch}
[grid]
law = "{law}"
n = {n}
eps = 1e-4
"""
SEARCH = """measure = "closest"
repeats = 20000
batch = 1000
[grid]
law = ["U", "N"]
eps = [1e-3, 1e-4]
[find]
n = {from = 8, to = 24}
chance = [0.5, 0.95]
"""


def command(file: Path) -> list[str]:
    """The sweep of a file as a process of its own."""
    return [sys.executable, "-m", "slth", "sweep", str(file), "--json"]


def throughput(folder: Path, law: str, instances: int) -> Row:
    """Instances a second of one law."""
    file = folder / f"{law}.toml"
    file.write_text(GRID.format(repeats=instances, batch=BATCH, law=law, n=SAMPLES))
    begun = time.perf_counter()
    subprocess.run(command(file), check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - begun
    rate = instances / seconds
    what = f"law {law}, n = {SAMPLES}, closest: {instances:,} instances in {seconds:.1f} s"
    return Row(what, f"{rate:,.0f} a second", ">= 120,000 a second", rate >= 120_000)


def table_of(file: Path) -> bytes:
    """The table of a sweep that is left alone."""
    subprocess.run(command(file), check=True, stdout=subprocess.DEVNULL)
    return file.with_suffix(".csv").read_bytes()


def kills(folder: Path, times: int, seed: int) -> Row:
    """A search killed at random times, and the same undisturbed."""
    whole, cut = folder / "whole.toml", folder / "cut.toml"
    for file in (whole, cut):
        file.write_text(SEARCH)
    begun = time.perf_counter()
    undisturbed = table_of(whole)
    seconds = time.perf_counter() - begun
    rng, done, early = random.Random(seed), 0, 0
    while done < times:
        process = subprocess.Popen(command(cut), stdout=subprocess.DEVNULL, start_new_session=True)
        time.sleep(rng.uniform(0.2, max(1.0, 0.6 * seconds)))
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            done += 1
        else:  # it was finished: begin anew, so that every kill hits work
            early += 1
            shutil.rmtree(cut.with_suffix(".units"))
            cut.with_suffix(".csv").unlink()
        process.wait()
    same = table_of(cut) == undisturbed
    what = f"{times} kills at random times (seed {seed}; finished and begun anew {early} times), then left alone"
    return Row(what, "table byte-identical" if same else "table differs", "byte-identical", same)


def main() -> None:
    """Measures and writes results/sweep.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--instances", type=int, default=4_000_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [throughput(folder, law, options.instances) for law in LAWS]
        rows.append(kills(folder, options.kills, options.seed))
    save("sweep", "Sweeps: throughput and kills", rows, f"Machine: {machine()}.")


if __name__ == "__main__":
    main()
