"""Real processes that are killed, interrupted or terminated, at any time."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import pytest
from processes import ROOT, run, started

pytestmark = pytest.mark.process
SIGNALS = {signal.SIGINT: 130, signal.SIGTERM: 143}
# run the program, but when it comes to make a file last: write what follows and be killed
KILLED_WHILE_WRITING = """
import os, signal, sys
os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)
from slth.cli import main
sys.argv[0] = "slth"
main()
"""
# a signal comes where the exception that it raises does not arrive at the top
LOST_SIGNAL = """
import os, signal, sys, time
from slth.cli import main
from slth.theory.theorem import Registry

def lost(self, key):
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(1)
    except BaseException:
        if way == "becomes another":
            raise ImportError("initialization failed") from None
    time.sleep(5)
    raise SystemExit(0)

way, Registry.get = sys.argv[1], lost
sys.argv = ["slth", "cite", "pensia2020"]
main()
"""


def test_kills_leave_nothing_under_the_final_name(tmp_path, target, ticket, figure):
    """Killed at any time, a run leaves no file or the whole one; the next run sweeps and gives the same bytes."""
    path, rng, whole, lasts = tmp_path / "net.slth", random.Random(0), ticket.read_bytes(), 1.2
    ends = []
    for _ in range(10):
        process = started("approximate", "--target", target, "-o", path)
        time.sleep(rng.uniform(0, lasts))
        process.kill()
        process.communicate()
        ends.append(path.exists())
        assert not path.exists() or path.read_bytes() == whole
        path.unlink(missing_ok=True)
    assert run("-c", KILLED_WHILE_WRITING, "approximate", "--target", target, "-o", path).code == -signal.SIGKILL
    left = [name for name in os.listdir(tmp_path) if name.endswith(".tmp")]  # noqa: PTH208
    assert len(left) == 1 and not path.exists()  # killed in the middle of writing
    assert run("approximate", "--target", target, "-o", path).code == 0
    assert os.listdir(tmp_path) == ["net.slth"] and path.read_bytes() == whole  # noqa: PTH208
    figure(
        "kill -9",
        f"10 at random times and one while writing: 0 part files, {sum(ends)} whole ones, the same bytes afterwards",
    )


def interrupted(number: signal.Signals, folder: Path, after: str, delay: float) -> tuple[int, float, str]:
    """Send a signal some time after a note; the exit code, the seconds until it came, and what was said."""
    slow = ROOT / "examples" / "digits.pt"
    options = ("--objective", "closest", "--samples", "40", "-o", folder / "t.slth")
    process = started("approximate", "--target", slow, *options)
    assert process.stderr is not None
    while after not in process.stderr.readline():
        assert process.poll() is None
    time.sleep(delay)
    begun = time.perf_counter()
    process.send_signal(number)
    try:
        _, err = process.communicate(timeout=30)
    finally:
        process.kill()
    return process.returncode, time.perf_counter() - begun, err


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("delay", [0.2, 1.5])
def test_signals_end_the_work(tmp_path, number, delay):
    code, seconds, err = interrupted(number, tmp_path, "solving will take", delay)
    assert code == SIGNALS[number] and "Traceback" not in err, err[-1000:]
    assert seconds < 2
    assert os.listdir(tmp_path) == []  # noqa: PTH208


@pytest.mark.parametrize("way", ["becomes another", "is swallowed"])
def test_signals_are_not_lost(way):
    """What a signal raises inside the import of a module in C becomes an ImportError, or nothing at all."""
    ended = run("-c", LOST_SIGNAL, way)
    assert ended.code == 143, ended
    assert ended.seconds < 3
