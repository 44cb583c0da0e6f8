"""Real processes of the program: how they are started, under which limits, and how they ended."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


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
    """A process of `slth WORDS`, of the checker for "check" WORDS, of a script for "-c" SCRIPT WORDS."""
    if words[0] != "-c":
        words = ("-m", "slth.verify", *words[1:]) if words[0] == "check" else ("-m", "slth", *words)
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": ENVIRONMENT, **options}
    return subprocess.Popen([sys.executable, *map(str, words)], text=True, preexec_fn=before, **options)  # type: ignore[call-overload, no-any-return]


def run(*words: object, **options: object) -> Ended:
    """Such a process, waited for; it must not have shown a traceback."""
    begun = time.perf_counter()
    process = started(*words, **options)  # type: ignore[arg-type]
    try:
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert "Traceback" not in err and "Exception ignored" not in err, err[-2000:]
    return Ended(process.returncode, out or "", err or "", time.perf_counter() - begun)


def memory(limit: int) -> Callable[[], None]:
    """For `before`: so many bytes of memory."""
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def file_size(limit: int) -> Callable[[], None]:
    """For `before`: so many bytes in a file, as if the disk were full."""

    def set_limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return set_limit
