"""Real processes under real limits: bombs, live pickles, pipes, full disks, little memory, kills and signals."""

from __future__ import annotations

import io
import os
import pickle
import random
import resource
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from target_families import LEGACY, PROTO, STORAGES, dictionary, legacy, tensor, zipped

from slth.core.network import Activation, Dense, Network
from slth.interop.targets import write_target

pytestmark = pytest.mark.process
ROOT = Path(__file__).resolve().parents[2]
GIGABYTE = 1 << 30
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
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


@dataclass(frozen=True)
class Ended:
    """How a process ended."""

    code: int
    out: str
    err: str
    seconds: float

    def refused(self, name: str) -> bool:
        """Whether it ended with 2 and one line that names the file."""
        return self.code == 2 and self.out == "" and len(self.lines) == 1 and name in self.lines[0]

    @property
    def lines(self) -> list[str]:
        """What was said on the error stream, without the notes, which are indented."""
        return [line for line in self.err.splitlines() if not line.startswith("  ")]


def started(*words: object, before: Callable[[], None] | None = None, **options: object) -> subprocess.Popen[str]:
    module = (
        ["-c", KILLED_WHILE_WRITING]
        if words[0] == "killed"
        else ["-m", "slth.verify" if words[0] == "check" else "slth"]
    )
    words = words[1:] if words[0] in ("killed", "check") else words
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": ENVIRONMENT, **options}
    return subprocess.Popen([sys.executable, *module, *map(str, words)], text=True, preexec_fn=before, **options)  # type: ignore[call-overload, no-any-return]


def run(*words: object, **options: object) -> Ended:
    begun = time.perf_counter()
    process = started(*words, **options)  # type: ignore[arg-type]
    try:
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert "Traceback" not in err and "Exception ignored" not in err, err[-2000:]
    return Ended(process.returncode, out or "", err or "", time.perf_counter() - begun)


def memory(limit: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def file_size(limit: int) -> Callable[[], None]:
    def set_limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return set_limit


@pytest.fixture(scope="module")
def target(tmp_path_factory) -> Path:
    """A network of which the ticket is found in a moment."""
    rng = np.random.default_rng(0)
    layers = [
        Dense(rng.normal(size=shape).astype(np.float32), rng.normal(size=shape[0]).astype(np.float32))
        for shape in ((12, 8), (3, 12))
    ]
    path = tmp_path_factory.mktemp("target") / "net.safetensors"
    write_target(Network((layers[0], Activation(), layers[1]), (8,)), path)
    return path


@pytest.fixture(scope="module")
def ticket(target) -> Path:
    """Its ticket."""
    path = target.with_name("net.slth")
    assert run("approximate", "--target", target, "-o", path).code == 0
    return path


def compressed_bomb(size: int) -> bytes:
    """A state_dict whose one tensor is `size` bytes of zeros, compressed a thousandfold."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("net/data.pkl", dictionary({"0.weight": tensor("0.weight", (1, size // 4))}))
        file.writestr("net/data/0.weight", bytes(size), zipfile.ZIP_DEFLATED, 1)
    return buffer.getvalue()


def bombs() -> dict[str, bytes]:
    """Small files that ask for gigabytes, or for a deep stack."""
    deep = b"N" + b"\x85" * 300_000
    return {
        "zip": compressed_bomb(GIGABYTE // 2),
        "stride 0": zipped(dictionary({"0.weight": tensor("0.weight", (10**6, 10**6), (0, 0), 0, 20)}), STORAGES),
        "strides far": legacy(dictionary({"0.weight": tensor("0.weight", (5, 4), (10**9, 1), 0, 20)}), STORAGES),
        "shape": legacy(dictionary({"0.weight": tensor("0.weight", (10**6, 10**6))}), STORAGES),
        "deep zip": zipped(PROTO + deep + b"."),
        "deep legacy": legacy(dictionary({"0.weight": deep})),
    }


def test_bombs_under_a_memory_limit(tmp_path, figure):
    path, slowest = tmp_path / "bomb.pt", 0.0
    for name, data in bombs().items():
        path.write_bytes(data)
        limit = memory(GIGABYTE)
        made = run("approximate", "--target", path, "-o", tmp_path / "t.slth", before=limit)
        assert made.refused("bomb.pt"), (name, made)
        seen = run("inspect", path, before=limit)
        described = seen.code == 0 and "problem" in seen.out and seen.err == ""  # what tensors there are, and why not
        assert seen.refused("bomb.pt") or (described and "stride" in name), (name, seen)
        slowest = max(slowest, made.seconds, seen.seconds)
    assert os.listdir(tmp_path) == ["bomb.pt"]  # noqa: PTH208
    figure("bombs under 1 GB of memory", f"{len(bombs())} targets refused; slowest command {slowest:.1f} s")


class Live:
    """Runs a command when it is unpickled."""

    def __init__(self, command: str):
        self.command = command

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, (self.command,)


@pytest.mark.parametrize("wrap", ["zip", "legacy", "bare"])
def test_live_pickles_do_not_run(tmp_path, target, ticket, wrap):
    canary, path = tmp_path / "canary", tmp_path / "live.pt"
    live = pickle.dumps({"0.weight": Live(f"touch {canary}")}, protocol=2)
    path.write_bytes({"zip": zipped(live, STORAGES), "legacy": LEGACY + live + PROTO + b"].", "bare": live}[wrap])
    commands = [
        ("approximate", "--target", path, "-o", tmp_path / "t.slth"),
        ("verify", ticket, "--target", path),
        ("convert", path, tmp_path / "t.safetensors"),
        ("verify", path, "--target", target),
        ("solve", "--values", path, "--target", "1"),
    ]
    for words in commands:
        assert run(*words).refused("live.pt"), words
    assert run("inspect", path).code in (0, 2)
    assert os.listdir(tmp_path) == ["live.pt"]  # noqa: PTH208
    pickle.loads(live)  # the canary can be made
    assert canary.exists()


def test_pipes_do_not_block(tmp_path, target, ticket):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for words in [
        ("inspect", pipe),
        ("approximate", "--target", pipe),
        ("approximate", "--target", target, "--arch", pipe),
        ("verify", pipe, "--target", target),
        ("verify", ticket, "--target", target, "--domain", f"hull:{pipe}"),
        ("check", pipe, target),
        ("check", ticket, target, "--domain", f"hull:{pipe}"),
        ("solve", "--values", pipe, "--target", "1"),
        ("approximate", "--target", target, "-o", pipe),
    ]:
        assert run(*words, cwd=tmp_path).refused("pipe"), words
    assert os.listdir(tmp_path) == ["pipe"]  # noqa: PTH208


def test_full_disks_leave_nothing(tmp_path, target, ticket):
    path = tmp_path / "t.slth"
    for limit in (0, 1, len(ticket.read_bytes()) - 1):
        made = run("approximate", "--target", target, "-o", path, before=file_size(limit))
        assert (made.code, len(made.lines)) == (3, 1) and "t.slth" in made.lines[0], (limit, made)
        assert os.listdir(tmp_path) == []  # noqa: PTH208
    path.write_bytes(b"what was there before")
    assert run("approximate", "--target", target, "-o", path, before=file_size(100)).code == 3
    assert path.read_bytes() == b"what was there before"
    assert run("export", ticket, "--target", target, "--to", tmp_path / "m.pt", before=file_size(100)).code == 3
    assert run("convert", target, tmp_path / "c.safetensors", before=file_size(100)).code == 3
    assert os.listdir(tmp_path) == ["t.slth"]  # noqa: PTH208


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_device(tmp_path, target, ticket):
    made = run("approximate", "--target", target, "-o", "/dev/full", cwd=tmp_path)
    assert made.code in (2, 3) and len(made.lines) == 1
    with open("/dev/full", "w") as full:
        for words in (
            ("show", ticket),
            ("verify", ticket, "--target", target, "--attack", 0),
            ("list",),
            ("check", ticket, target),
        ):
            ended = run(*words, stdout=full)
            assert ended.code == 3 and len(ended.lines) == 1, (words, ended)
    assert os.listdir(tmp_path) == []  # noqa: PTH208


def test_little_memory_is_code_3(tmp_path):
    big = tmp_path / "big.safetensors"
    write_target(Network((Dense(np.full((4000, 4000), 0.25, np.float32)),), (4000,)), big)
    made = run("approximate", "--target", big, "-o", tmp_path / "t.slth", before=memory(GIGABYTE))
    assert (made.code, len(made.lines)) == (3, 1) and "memory" in made.lines[0], made
    assert os.listdir(tmp_path) == ["big.safetensors"]  # noqa: PTH208


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
    assert run("killed", "approximate", "--target", target, "-o", path).code == -signal.SIGKILL
    left = [name for name in os.listdir(tmp_path) if name.endswith(".tmp")]  # noqa: PTH208
    assert len(left) == 1 and not path.exists()  # killed in the middle of writing
    assert run("approximate", "--target", target, "-o", path).code == 0
    assert os.listdir(tmp_path) == ["net.slth"] and path.read_bytes() == whole  # noqa: PTH208
    figure(
        "kill -9",
        f"10 at random times and one while writing: 0 part files, {sum(ends)} whole ones, the same bytes afterwards",
    )


def test_nobody_reads_the_output(tmp_path, target, ticket):
    """`| head -0`: neither a traceback nor an answer."""
    for words in [
        ("show", ticket),
        ("list",),
        ("inspect", target),
        ("verify", ticket, "--target", target, "--attack", 0),
        ("approximate", "--target", target, "-o", tmp_path / "t.slth", "--json"),
        ("check", ticket, target),
    ]:
        reading, writing = os.pipe()
        os.close(reading)
        try:
            ended = run(*words, stdout=writing)
        finally:
            os.close(writing)
        assert ended.code == 3, (words, ended)


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
    begun = time.perf_counter()
    process = subprocess.run([sys.executable, "-c", LOST_SIGNAL, way], capture_output=True, text=True, env=ENVIRONMENT)
    assert process.returncode == 143 and "Traceback" not in process.stderr, process.stderr[-1000:]
    assert time.perf_counter() - begun < 3
