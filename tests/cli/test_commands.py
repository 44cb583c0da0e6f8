"""Every command: what it prints, what it writes, how it ends."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

NUMBERS = {"target_weights", "source_weights", "kept_weights", "samples", "missed", "max_weight_error", "eps"}


@pytest.fixture
def ticket(slth, digits, tmp_path) -> Path:
    """A ticket of the shipped network."""
    path = tmp_path / "digits.slth"
    assert slth("approximate", "--target", digits, "-o", path, "--json").code == 0
    return path


def test_the_main_job(slth, digits, tmp_path):
    path = tmp_path / "d.slth"
    made = slth("approximate", "--target", digits, "-o", path, "--json")
    report = json.loads(made.out)
    assert made.code == 0
    assert report.keys() >= NUMBERS | {"seconds", "ticket", "sha256"}
    assert report["seconds"].keys() >= {"solve", "total"}
    assert report["target_weights"] == 64 * 32 + 32 + 320 + 10
    assert report["missed"] == 0
    proved = slth("verify", path, "--target", digits, "--exact", "--json")
    verdict = json.loads(proved.out)
    assert proved.code == 0
    assert verdict.keys() >= {"verdict", "eps_real", "eps_f64", "eps_f32", "attack", "domain", "seconds"}
    assert verdict["verdict"] == verdict["exact"]["verdict"] == "PROVED"
    assert verdict["attack"] <= verdict["eps_real"] <= report["eps"] <= verdict["eps_f32"]
    assert verdict["exact"]["eps_real"] <= report["eps"]


def test_epsilon_is_reached_and_said(slth, digits, tmp_path):
    made = slth("approximate", "--target", digits, "-o", tmp_path / "d.slth", "--epsilon", "0.2", "--json")
    assert made.code == 0
    assert 0.05 < json.loads(made.out)["eps"] <= 0.2


def test_epsilon_that_is_not_reached_still_leaves_a_proved_ticket(slth, digits, tmp_path):
    path = tmp_path / "d.slth"
    wish = ("--epsilon", "1e-3", "--samples", "9")
    made = slth("approximate", "--target", digits, "-o", path, *wish, "--json")
    assert made.code == 1
    assert json.loads(made.out)["eps"] > 1e-3
    assert slth("verify", path, "--target", digits, "--attack", 0).code == 0


def test_missed_weights_are_listed_and_end_in_1(slth, digits, tmp_path):
    path = tmp_path / "d.slth"
    made = slth("approximate", "--target", digits, "-o", path, "--weight-error", "1e-4", "--samples", "10", "--json")
    missed = json.loads(made.out)["missed"]
    assert made.code == 1
    assert missed > 0
    assert json.loads(slth("show", path, "--json").out)["missed"] == missed
    assert slth("verify", path, "--target", digits, "--attack", 0).code == 0


@pytest.mark.parametrize("wish", [("--objective", "closest", "--samples", "14"), ("--objective", "within")])
def test_other_objectives(slth, digits, tmp_path, wish):
    path = tmp_path / "d.slth"
    assert slth("approximate", "--target", digits, "-o", path, *wish).code == 0
    assert slth("verify", path, "--target", digits, "--exact", "--attack", 0).code == 0


@pytest.mark.parametrize(
    "wish",
    [
        ("--assignment", "blocks", "--samples", "25"),
        ("--law", "normal", "--samples", "25"),
        ("--domain", "box:-1:1"),
        ("--domain", "box:-1/3:1/7"),
        ("--theorem", "malach2020", "--weight-error", "0.05"),
    ],
    ids=["blocks", "normal", "signed", "rational", "malach2020"],
)
def test_other_constructions_are_proved_by_both(slth, digits, tmp_path, wish):
    path = tmp_path / "d.slth"
    assert slth("approximate", "--target", digits, "-o", path, *wish, "--json").code in (0, 1)
    proved = slth("verify", path, "--target", digits, "--exact", "--attack", 0, "--json")
    assert json.loads(proved.out)["verdict"] == "PROVED"


def test_another_domain_is_proved_and_compared(slth, digits, ticket, tmp_path):
    claim = json.loads(slth("verify", ticket, "--target", digits, "--attack", 0, "--json").out)["eps_compared"]
    np.save(tmp_path / "x.npy", np.random.default_rng(0).uniform(0, 1, (3, 64)).astype(np.float32))
    points = tmp_path / "x.npy"
    for domain in (f"ball:{points}:0.01", f"ball:{points}:0.1:l2", f"hull:{points}", "box:0:1/2"):
        got = slth("verify", ticket, "--target", digits, "--domain", domain, "--exact", "--attack", "0.2", "--json")
        report = json.loads(got.out)
        assert got.code == 0
        assert report["attack"] <= report["eps_real"] < claim
    refused = slth("verify", ticket, "--target", digits, "--epsilon", "1e-9", "--attack", "0.5", "--json")
    report = json.loads(refused.out)
    assert (refused.code, report["verdict"]) == (1, "REFUTED")
    assert np.load(report["counterexample"]).shape == (64,)


def test_show_inspect_list_cite_solve(slth, digits, ticket, tmp_path):
    assert "density" not in slth("show", ticket).err
    assert "64-32-10" in slth("inspect", digits).out
    listed = json.loads(slth("list", "--json").out)
    assert {"theorems", "bounds_only", "solvers", "laws", "measures", "executors"} <= listed.keys()
    for key in listed["theorems"] | listed["bounds_only"]:
        assert re.search(rf"^@(inproceedings|article|misc){{{key},$", slth("cite", key).out, re.MULTILINE)
    assert "malach2020" in listed["theorems"]
    assert "otsuka2025" in listed["bounds_only"]
    np.save(tmp_path / "a.npy", np.array([0.5, 0.25, -0.125, 0.7]))
    solved = slth("solve", "--values", tmp_path / "a.npy", "--target", "0.375", "--json")
    assert json.loads(solved.out)["positions"] in ([0, 2], [1, 2, 0])
    assert solved.code == 0


def test_convert_export_and_the_checker_alone(slth, digits, ticket, tmp_path):
    canonical = tmp_path / "digits.safetensors"
    assert slth("convert", digits, canonical).code == 0
    alone = subprocess.run([sys.executable, "-m", "slth.verify", ticket, canonical], capture_output=True, text=True)
    assert alone.returncode == 0
    assert "PROVED" in alone.stdout
    from slth.interop.read import read

    x = np.random.default_rng(0).uniform(0, 1, (20, 64))
    outputs = []
    for name in ("out.pt", "out.safetensors"):
        assert slth("export", ticket, "--to", tmp_path / name, "--target", digits).code == 0
        outputs.append(read(tmp_path / name).network(x))
    assert (outputs[0] == outputs[1]).all()
    assert np.abs(outputs[0] - read(digits).network(x)).max() < 0.5


def test_the_same_bytes_everywhere(process, digits, tmp_path):
    places = [({"PYTHONHASHSEED": "1"}, "1"), ({"PYTHONHASHSEED": "2", "LANG": "C", "TZ": "Asia/Tokyo"}, "2")]
    tickets = []
    for number, (env, threads) in enumerate(places):
        folder = tmp_path / str(number)
        folder.mkdir()
        options = ("--target", digits, "-o", "t.slth", "--threads", threads)
        assert process("approximate", *options, env=env, cwd=folder).code == 0
        tickets.append((folder / "t.slth").read_bytes())
    assert tickets[0] == tickets[1]


def test_interrupts_leave_nothing(digits, tmp_path):
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)):
        command = [sys.executable, "-m", "slth", "approximate", "--target", digits, "-o", tmp_path / "t.slth"]
        slow = ["--objective", "closest", "--samples", "42"]
        running = subprocess.Popen([*command, *slow], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        time.sleep(2.5)
        running.send_signal(number)
        assert running.wait(timeout=20) == code
        assert not list(tmp_path.iterdir())
        running.stderr.close()


def test_help_is_quick_and_loads_nothing_heavy():
    heavy = "('torch', 'numba', 'matplotlib', 'scipy')"
    code = f"import sys, slth, slth.cli; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-m", "slth", "--help"], capture_output=True, check=True)
    assert time.perf_counter() - begun < 3


@pytest.mark.parametrize(
    "arguments",
    [
        ("approximate", "--target", "nowhere.pt"),
        ("approximate", "--target", "{digits}", "--epsilon", "much"),
        ("approximate", "--target", "{digits}", "--epsilon", "nan"),
        ("approximate", "--target", "{digits}", "--epsilon", "0.1", "--weight-error", "0.1"),
        ("approximate", "--target", "{digits}", "--samples", "0"),
        ("approximate", "--target", "{digits}", "--objective", "most"),
        ("approximate", "--target", "{digits}", "--assignment", "none"),
        ("approximate", "--target", "{digits}", "--solver", "oracle"),
        ("approximate", "--target", "{digits}", "--theorem", "fermat1637"),
        ("approximate", "--target", "{digits}", "--theorem", "sreenivasan2022"),
        ("approximate", "--target", "{digits}", "--law", "cauchy"),
        ("approximate", "--target", "{digits}", "--seed", "-1"),
        ("approximate", "--target", "{digits}", "--domain", "box:1:0"),
        ("approximate", "--target", "{digits}", "--domain", "box:0:x"),
        ("approximate", "--target", "{digits}", "--domain", "ball:nowhere.npy:0.1"),
        ("approximate", "--target", "{digits}", "--arch", "64-31-10"),
        ("approximate", "--target", "{digits}", "--output", "nowhere/t.slth"),
        ("approximate", "--target", "{digits}", "--threads", "0"),
        ("verify", "{digits}", "--target", "{digits}"),
        ("show", "{digits}"),
        ("solve", "--values", "{digits}", "--target", "1"),
        ("cite", "nobody"),
    ],
    ids=lambda arguments: " ".join(arguments)[:60],
)
def test_bad_input_is_one_line_and_2(slth, digits, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    ended = slth(*[argument.replace("{digits}", str(digits)) for argument in arguments])
    assert ended.code == 2
    said = [line for line in ended.err.splitlines() if line.startswith("slth: ")]
    assert len(said) == 1
    assert "Traceback" not in ended.err
    assert not list(tmp_path.iterdir())
