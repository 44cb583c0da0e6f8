"""Sweeps that are killed, interrupted or run out of disk: what is left, and what the next run makes of it."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest
from processes import file_size, run, started

from slth.experiments.executors.serial import Serial
from slth.experiments.files import read_sweep
from slth.experiments.run import run as table

pytestmark = pytest.mark.process
SEARCH = """measure = "nearest"
repeats = 1600
batch = 200
[grid]
z = [0.1, 0.5]
eps = [1e-2, 3e-3]
[find]
n = {from = 16, to = 2000, step = 16}
"""


def alive(group: int) -> list[psutil.Process]:
    """The processes of a group that still run."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.NoSuchProcess, ProcessLookupError):
            continue
    return found


def nobody_left(group: int) -> bool:
    """Whether all processes of a group are gone within 5 seconds."""
    end = time.monotonic() + 5
    while alive(group) and time.monotonic() < end:
        time.sleep(0.05)
    return not alive(group)


def kept(folder: Path) -> int:
    """How many units are kept, all of them whole."""
    files = list(folder.rglob("*.json"))
    for file in files:
        assert json.loads(file.read_bytes())["format"] == "slth unit 1"
    return len(files)


def begun(file: Path, workers: int = 2) -> subprocess.Popen[str]:
    """The sweep of a file in a group of its own, as a shell would start it."""
    errors = file.with_suffix(".err").open("w")
    with errors:
        return started(
            "sweep", file, "--workers", workers, start_new_session=True, stderr=errors, stdout=subprocess.DEVNULL
        )


def waited_for_work(process: subprocess.Popen[str], units: Path) -> None:
    """Until something new is kept."""
    before = kept(units)
    while kept(units) == before:
        assert process.poll() is None, "it ended without new work"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> bytes:
    """The table of a sweep that is left alone."""
    file = tmp_path_factory.mktemp("whole") / "sweep.toml"
    file.write_text(SEARCH)
    return table(read_sweep(file), file.with_suffix(".units"), Serial()).csv().encode()


def test_kills_lose_nothing(tmp_path, undisturbed, figure):
    """SIGKILL five times, at any time and at work, then Ctrl-C, to all of the group; the table has the same bytes."""
    rng, file = random.Random(4), tmp_path / "sweep.toml"
    units, written = tmp_path / "sweep.units", tmp_path / "sweep.csv"
    file.write_text(SEARCH)
    counts = []
    for number, at_work in [(signal.SIGKILL, number > 1) for number in range(5)] + [(signal.SIGINT, True)]:
        process = begun(file, 1 + at_work)
        if at_work:
            waited_for_work(process, units)
        time.sleep(rng.uniform(0, 0.15 if at_work else 2.0))
        assert process.poll() is None, "it was finished before it could be killed"
        os.kill(process.pid, number) if number == signal.SIGKILL else os.killpg(process.pid, number)
        assert process.wait(10) == (130 if number == signal.SIGINT else -number)
        assert nobody_left(process.pid), [member.cmdline() for member in alive(process.pid)]
        counts.append(kept(units))
    assert file.with_suffix(".err").read_text() == "", "an interrupt is silent, in the workers too"
    assert not [path for path in units.rglob("*.tmp") if f"-{process.pid}-" in path.name]
    assert not written.exists()
    assert counts == sorted(counts)
    ended = run("sweep", file, "--executor", "serial")
    assert ended.code == 0, ended
    assert written.read_bytes() == undisturbed
    assert kept(units) > counts[-1] > 0
    assert not list(tmp_path.rglob("*.tmp"))
    figure("sweep, kill -9", f"5 times and one Ctrl-C, with {counts} of {kept(units)} units kept: the same table")


def test_a_worker_that_is_killed_is_one_line_and_3(tmp_path, undisturbed):
    file, units = tmp_path / "sweep.toml", tmp_path / "sweep.units"
    file.write_text(SEARCH)
    process = begun(file)
    waited_for_work(process, units)
    workers = [member for member in alive(process.pid) if any("spawn_main" in word for word in member.cmdline())]
    assert len(workers) == 2
    workers[1].send_signal(signal.SIGKILL)
    assert process.wait(10) == 3
    (line,) = file.with_suffix(".err").read_text().splitlines()
    assert line.startswith("slth: a worker stopped")
    assert "goes on" in line
    assert nobody_left(process.pid)
    assert kept(units) > 0
    assert table(read_sweep(file), units, Serial()).csv().encode() == undisturbed


def test_a_full_disk_is_one_line_and_3(tmp_path):
    file = tmp_path / "sweep.toml"
    file.write_text('measure = "closest"\nrepeats = 100\n[grid]\nlaw = "U"\nn = [5, 6]\neps = 0.1\n')
    table(read_sweep(file), tmp_path / "kept", Serial())
    for limit, folder, name in ((100, "units", "units"), (300, "kept", "sweep.csv")):
        words = ("sweep", file, "--executor", "serial", "--folder", tmp_path / folder)
        ended = run(*words, before=file_size(limit))
        assert (ended.code, len(ended.lines), ended.out) == (3, 1, ""), ended
        assert name in ended.lines[0]
    assert {path.name for path in tmp_path.iterdir()} == {"sweep.toml", "kept", "units"}
    assert not [path for path in (tmp_path / "units").rglob("*") if path.is_file()]
