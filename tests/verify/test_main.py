"""The command line as a user meets it: verdicts, codes, isolation, signals, size."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import pytest
from test_container import good
from test_ticket_oracle import proved_eps
from tiny_ticket import random_ticket

import slth.verify
from slth.verify.__main__ import at_least, main

ROOT = Path(slth.verify.__file__).resolve().parents[2]
FOLDER = Path(slth.verify.__file__).resolve().parent

# Nothing but the standard library and slth.verify may be imported; `slth` itself only as the package around it.
GUARD = """
import runpy, sys
class Guard:
    def find_spec(self, name, path=None, target=None):
        top = name.split(".")[0]
        allowed = top in sys.stdlib_module_names or name in ("slth", "slth.version")
        if not (allowed or name == "slth.verify" or name.startswith("slth.verify.")):
            raise ImportError("the checker imported " + name)
sys.meta_path.insert(0, Guard())
sys.argv = ["slth.verify"] + sys.argv[1:]
runpy.run_module("slth.verify", run_name="__main__", alter_sys=True)
"""


def python(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, **options)  # type: ignore[call-overload, no-any-return]


@pytest.mark.process
@pytest.mark.parametrize("flags", [[], ["-O"], ["-OO"]])
def test_the_checker_imports_nothing_but_the_standard_library(flags: list[str], tmp_path: Path) -> None:
    ticket = good()
    paths = str(ticket.write(tmp_path / "k")), str(ticket.target.write(tmp_path / "t"))
    done = python(*flags, "-W", "error", "-c", GUARD, *paths, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["verdict"] == "PROVED"
    bad = python(*flags, "-c", GUARD, paths[1], paths[1])
    assert (bad.returncode, bad.stdout) == (2, "")


def test_the_guard_bites() -> None:
    done = python("-c", GUARD.replace("runpy.run_module", "import numpy #"))
    assert done.returncode == 1
    assert "the checker imported numpy" in done.stderr


def test_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ticket = good()
    paths = [str(ticket.write(tmp_path / "k")), str(ticket.target.write(tmp_path / "t"))]
    assert main([*paths, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert set(report) == {
        "verdict", "eps_real", "eps_claimed", "domain", "ticket", "target", "kept_weights", "source_weights", "seconds",
    }  # fmt: skip
    assert report["verdict"] == "PROVED"
    assert report["eps_claimed"] == 100.0
    assert report["target"] == ticket.target.digest()
    assert report["kept_weights"] == 5 + 8 + 2 + 2
    assert report["source_weights"] == 18 + 12 + 4 + 2
    eps = proved_eps(ticket, tmp_path)
    assert Fraction(report["eps_real"]) >= eps
    assert report["eps_real"] == pytest.approx(float(eps), rel=1e-15)
    assert main([*paths, "--quiet"]) == 0
    assert capsys.readouterr().out == ""
    assert main(paths) == 0
    assert "PROVED" in capsys.readouterr().out


def test_claims_at_and_below_the_proved_eps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for seed in range(12):
        ticket = random_ticket(random.Random(seed), "uniform/1", 0.1)
        eps = proved_eps(ticket, tmp_path)
        target = str(ticket.target.write(tmp_path / "t"))
        least = at_least(eps)
        assert least is not None
        ticket.eps = least
        assert main([str(ticket.write(tmp_path / "k")), target]) == 0
        ticket.eps = least * (1 - 2**-52)
        assert main([str(ticket.write(tmp_path / "k")), target, "--json"]) == 1
        assert json.loads(capsys.readouterr().out.splitlines()[-1])["verdict"] == "UNDECIDED"


def test_epsilon_and_domain_take_the_place_of_the_claim(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ticket = good()
    paths = [str(ticket.write(tmp_path / "k")), str(ticket.target.write(tmp_path / "t"))]
    assert main([*paths, "--epsilon", "1e-9"]) == 1
    assert main([*paths, "--domain", "box:0:1/1000", "--epsilon", "100"]) == 0
    capsys.readouterr()
    assert main([*paths, "--domain", "box:-1:2", "--json"]) == 0
    wide = json.loads(capsys.readouterr().out)
    assert wide["domain"] == "box [-1, 2]"
    assert main([*paths, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["eps_real"] < wide["eps_real"]
    for bad in (["--epsilon", "x"], ["--domain", "box:2:1"], ["--domain", "hull:nothing.npy"], ["--unknown"]):
        assert main([*paths, *bad]) == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert main([paths[0]]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_huge_eps_is_no_infinity(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ticket = good({"kind": "box", "lo": "0", "hi": "1" + "0" * 320})
    paths = [str(ticket.write(tmp_path / "k")), str(ticket.target.write(tmp_path / "t"))]
    assert main([*paths, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["eps_real"] is None


def test_at_least_rounds_up() -> None:
    for value in (Fraction(1, 3), Fraction(2, 3), Fraction(1), Fraction(0), Fraction(1, 10**320)):
        found = at_least(value)
        assert found is not None
        assert Fraction(found) >= value
        assert found == 0 or Fraction(found) * (1 - Fraction(1, 2**52)) < value or found == 5e-324 or value < 1e-300
    assert at_least(Fraction(10**400)) is None


@pytest.mark.process
def test_signals(tmp_path: Path) -> None:
    ticket = good()
    paths = str(ticket.write(tmp_path / "k")), str(ticket.target.write(tmp_path / "t"))
    asleep = "time.sleep(60)"
    slow = f"import slth.verify.bounds as b, time; b.Bound.result = lambda *_: (print('up', flush=True), {asleep});"
    code = slow + "import runpy, sys; runpy.run_module('slth.verify', run_name='__main__')"
    for number, expected in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        command = [sys.executable, "-c", code, *paths]
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": str(ROOT)},
            # a shell that runs the tests in the background has them ignore SIGINT, and children inherit that
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(number)
        _, err = process.communicate(timeout=20)
        assert process.returncode == expected
        assert "Traceback" not in err


@pytest.mark.process
def test_too_little_memory_is_code_3(tmp_path: Path) -> None:
    ticket = good()
    big = tmp_path / "big"
    target = str(ticket.target.write(tmp_path / "t"))
    with big.open("wb") as file:
        file.truncate(2 << 30)
    limit = "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29));"
    done = python("-c", limit + "runpy.run_module('slth.verify', run_name='__main__')", str(big), target)
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert "MemoryError" in done.stderr


@pytest.mark.process
def test_an_output_that_is_full_is_code_3(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    ticket = good()
    paths = str(ticket.write(tmp_path / "k")), str(ticket.target.write(tmp_path / "t"))
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "slth.verify", *paths]
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, env={"PYTHONPATH": str(ROOT)}, check=False
        )
    assert done.returncode == 3
    assert "Traceback" not in done.stderr


def test_a_small_file_can_not_ask_for_much(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Layers of 2^40 weights with one kept: time and memory follow what is in the file."""
    ticket = good()
    ticket.target.weights, ticket.target.biases = [[[0.5, -0.25]]], [None]
    ticket.target = type(ticket.target)(ticket.target.weights, ticket.target.biases)
    ticket.layers = [
        {"rows": 2**24, "columns": 2, "bias": False, "scale": (1.0).hex()},
        {"rows": 1, "columns": 2**24, "bias": False, "scale": (1.0).hex()},
    ]
    ticket.kept = [[1, 2**25 - 2], [0, 2**24 - 1]]
    ticket.encodings = ["gaps", "gaps"]
    start = time.perf_counter()
    assert main([str(ticket.write(tmp_path / "k")), str(ticket.target.write(tmp_path / "t"))]) == 0
    assert time.perf_counter() - start < 2
    assert capsys.readouterr().err == ""


def test_the_folder_stays_small_and_alone() -> None:
    """At most 250 lines a file, 2350 in all (about 1650 of code, the rest blank or docstrings): it may only shrink."""
    lines = {path.name: path.read_text().count("\n") for path in FOLDER.glob("*.py")}
    assert max(lines.values()) <= 250
    assert sum(lines.values()) <= 2350
    for path in FOLDER.glob("*.py"):
        text = path.read_text()
        for word in ("import numpy", "import torch", "from slth", "import slth", "assert ", "eval(", "exec(", "pickle"):
            assert word not in text, f"{path.name}: {word}"


RULES = """maximum lifted image affine delta_relu through averaged larger line relu_line delta_line backward back cross
trim _affine _extra lost _tighten radii spread result norms.py fixed.py maps.py steps.py collapse.py balls.py sphere.py
smooth.py"""


def test_every_rule_is_in_the_text() -> None:
    text = (FOLDER / "FORMAT.md").read_text()
    code = "\n".join(path.read_text() for path in FOLDER.glob("*.py"))
    for name in RULES.split():
        assert f"`{name}`" in text
        assert name.endswith(".py") or f"def {name}(" in code
