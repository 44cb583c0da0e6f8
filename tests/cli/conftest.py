"""The command line in this process (quick) and as a process of its own (honest)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Outcome:
    """What a command left: its exit code and what it printed."""

    code: int
    out: str
    err: str


@pytest.fixture
def slth(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """`slth("verify", ...)` in this process."""
    from slth.cli.main import _run

    def call(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["slth", *map(str, arguments)])
        capsys.readouterr()
        code = _run()
        printed = capsys.readouterr()
        return Outcome(code, printed.out, printed.err)

    return call


@pytest.fixture
def process() -> Callable[..., Outcome]:
    """`process("verify", ..., env={...}, cwd=...)` as a real process."""

    def call(*arguments: object, env: dict[str, str] | None = None, cwd: Path | None = None, before=None) -> Outcome:
        command = [sys.executable, "-m", "slth", *map(str, arguments)]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
            cwd=cwd,
            preexec_fn=before,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture(scope="session")
def digits() -> Path:
    """The small trained network that ships."""
    return ROOT / "examples" / "digits.pt"
