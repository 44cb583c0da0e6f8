"""`slth search`: tickets by gradient, their reports, seeds, logs, errors, and searches that were killed."""

from __future__ import annotations

import csv
import json
import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from slth.cli.repeats import interval
from slth.interop.found import read_found, write_found

ROOT = Path(__file__).resolve().parents[2]
TINY = ("--arch", "64-16-10", "--epochs", "2")
STOPPED = """
import os, signal, sys
from slth.search.checkpoint import Checkpoint
import slth.search.checkpoint
slth.search.checkpoint.EVERY = 0.0
save, number = Checkpoint.save, getattr(signal, sys.argv.pop(1))
def stopping(*arguments):
    save(*arguments)
    os.kill(os.getpid(), number)
Checkpoint.save = stopping
from slth.cli import main
main()
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def stopped(signal: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """A process of `slth` that gets a signal after its first epoch was kept."""
    command = [sys.executable, "-c", STOPPED, signal, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_a_report_for_people(slth, here):
    done = slth("search", "edge-popup", *TINY)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("edge-popup-digits.slth\n")
    for line in (
        "method           edge-popup (ramanujan2020)",
        "random network   1,184 weights, law sign/1, seed 0: 16x64, 10x16",
        "kept             592 weights, density 0.5",
        "by layer         0.5000, 0.5000",
        "of 360 correct on digits test",
        "redrawn weights",
        "learned          no numbers",
        "check            slth verify edge-popup-digits.slth --data digits",
    ):
        assert line in done.out
    assert [path.name for path in here.iterdir()] == ["edge-popup-digits.slth"]
    assert slth("verify", "edge-popup-digits.slth", "--data", "digits").code == 0


def test_a_report_for_programs(slth, here):
    done = slth("search", "ramanujan2020", *TINY, "--density", 0.25, "--seed", 7, "-o", "t.slth", "--json")
    report = json.loads(done.out)
    ticket, sha256 = read_found("t.slth")
    assert report["sha256"] == sha256 and report["ticket"] == "t.slth" and report["seed"] == ticket.source.seed == 7
    assert report["kept_weights"] == ticket.mask.count and report["density"] == ticket.mask.density == 0.25
    assert report["test_accuracy"] == ticket.claim.accuracy == report["correct"] / report["of"]
    assert report["baselines"].keys() == {"random_mask", "shuffled_mask", "redrawn_weights"}
    assert report["seconds"] > 0 and report["epochs"] == 2 and report["strong"] is True
    again = json.loads(
        slth("search", "edge-popup", *TINY, "--density", 0.25, "--seed", 7, "-o", "u.slth", "--json").out
    )
    assert again["sha256"] == sha256


def test_every_setting_arrives(slth, here):
    words = (
        "--arch 64-16-10 --epochs 1 --batch 100 --rate 0.02 --optimiser adam --momentum 0.5 --decay 0 --curve steps "
    )
    words += "--warmup 0.5 --smoothing 0.1 --augment --width 2 --bias --option law=normal --option scaled=no "
    words += "--device cpu --precision bfloat16 --held-out 0 --no-sanity --json"
    report = json.loads(slth("search", "edge-popup", *words.split()).out)
    assert report["training"] == {
        "epochs": 1,
        "batch": 100,
        "optimiser": "adam",
        "rate": 0.02,
        "momentum": 0.5,
        "decay": 0.0,
        "curve": "steps",
        "warmup": 0.5,
        "smoothing": 0.1,
        "augment": True,
    }
    assert report["options"] == {"law": "normal", "scaled": False} and report["law"] == "normal/1"
    assert report["layers"] == ["32x65", "10x33"] and report["precision"] == "bfloat16"
    assert report["validation_accuracy"] is None and report["baselines"] is None and report["epoch"] == 1


def test_norms_are_counted_as_learned(slth, here):
    arch = "1x8x8; conv 4 3x3 same; norm; relu; flatten; dense"
    words = ("search", "edge-popup", "--arch", arch, "--epochs", 1, "--json")
    assert json.loads(slth(*words, "--norm").out)["learned_numbers"] == 8


def test_seeds(slth, here):
    words = ("search", "edge-popup", *TINY, "-o", "t.slth", "--seed", 3)
    done = slth(*words, "--seeds", 2, "--log", "logs")
    assert done.code == 0 and "mean" in done.out and "t.seeds.json" in done.out and "±" in done.out
    assert {path.name for path in here.iterdir()} == {"t.seed3.slth", "t.seed4.slth", "t.seeds.json", "logs"}
    assert {path.name for path in (here / "logs").iterdir()} == {"seed3", "seed4"}
    kept = (here / "t.seed4.slth").stat().st_mtime_ns
    (here / "t.seed3.slth").unlink()
    more = slth(*words, "--seeds", 3, "--json")
    report = json.loads(more.out)
    assert "seed 4: finished before" in more.err and "seed 3" not in more.err
    assert (here / "t.seed4.slth").stat().st_mtime_ns == kept
    assert report["seeds"] == [3, 4, 5] and len(report["runs"]) == 3
    accuracies = [run["test_accuracy"] for run in report["runs"]]
    low, high = report["test_accuracy_interval"]
    assert math.isclose(report["test_accuracy"], sum(accuracies) / 3) and low < report["test_accuracy"] < high
    other = slth(*words, "--seeds", 2, "--density", 0.4, "--json")
    assert "is of other settings" in other.err and "finished before" not in other.err


def test_the_interval_is_students():
    low, high = interval([1.0, 2.0, 3.0, 4.0])
    assert math.isclose(low, 2.5 - 3.182446305 * math.sqrt(5 / 12), rel_tol=1e-8) and math.isclose(low + high, 5.0)


def test_a_search_that_was_killed_goes_on(slth, here):
    words = ("search", "iterand", "--arch", "64-16-10", "--epochs", 4, "--option", "every=5", "--log", "log")
    whole = json.loads(slth(*words, "-o", "whole.slth", "--json").out)
    killed = stopped("SIGKILL", *words, "-o", "t.slth")
    assert killed.returncode == -9 and (here / "t.slth.part").exists() and not (here / "t.slth").exists()
    done = slth(*words, "-o", "t.slth", "--json")
    assert done.code == 0 and done.err == "  goes on after epoch 1 of 4\n"
    report = json.loads(done.out)
    assert report["sha256"] == whole["sha256"]
    assert not (here / "t.slth.part").exists()
    rows = list(csv.DictReader((here / "log" / "log.csv").read_text().splitlines()))
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"]
    assert {"density 0", "density 1", "loss", "validation_accuracy"} <= rows[0].keys()
    assert any(path.name.startswith("events.out.tfevents") for path in (here / "log").iterdir())


def test_ctrl_c_leaves_the_checkpoint(slth, here):
    words = ("search", "edge-popup", "--arch", "64-16-10", "--epochs", 3, "-o", "t.slth")
    ended = stopped("SIGINT", *words)
    assert (ended.returncode, ended.stdout) == (130, "") and "Traceback" not in ended.stderr
    assert [path.name for path in here.iterdir()] == ["t.slth.part"]
    other = slth(*words, "--density", 0.25)
    assert other.code == 2 and "another search" in other.err and (here / "t.slth.part").exists()
    assert slth(*words).code == 0


ERRORS = {
    "nothing": "no method is called 'nothing'",
    "edge-popup --density 1.5": "--density is the fraction kept",
    "edge-popup --density nan": "--density is the fraction kept",
    "edge-popup --density 0": "--density is the fraction kept",
    "edge-popup --data nothing": "no data set is called 'nothing'",
    "edge-popup --data gone.npz": "gone.npz",
    "edge-popup --data mnist --data-dir gone": "--download",
    "edge-popup --arch nothing": "is not an architecture",
    "edge-popup --arch 64-10-9": "the data has 10 classes",
    "edge-popup --arch 784-10": "takes inputs of shape (784,), the data has pictures of",
    "edge-popup --width 0": "--width",
    "edge-popup -o gone/t.slth": "there is no such folder",
    "edge-popup -o .": "is not a regular file",
    "edge-popup --log gone/log": "--log gone/log",
    "edge-popup --option law=foo": "no law is called 'foo'",
    "edge-popup --option scaled=perhaps": "scaled can not be 'perhaps'",
    "edge-popup --option foo=1": "has the options law, scaled",
    "edge-popup --held-out 1.5": "fraction for validation",
    "edge-popup --device nothing": "--device nothing",
    "edge-popup --precision float8": "float8",
    "edge-popup --epochs 0": "at least 1 epoch",
    "edge-popup --optimiser nothing": "nothing",
    "edge-popup --curve nothing": "nothing",
    "edge-popup --momentum 1": "momentum",
    "edge-popup --seeds 0": "--seeds",
    "edge-popup --seed -1": "--seed -1",
    "edge-popup --seed 18446744073709551615 --seeds 2": "--seed 18446744073709551615",
    "edge-popup --arch 64-16-10 --rate 1e30 --epochs 1": "lower --rate",
}


@pytest.mark.parametrize("words", ERRORS)
def test_errors_are_one_line_and_leave_nothing(slth, here, words):
    done = slth("search", *words.split())
    assert (done.code, done.out) == (2, "") and done.err.count("\n") == 1
    assert ERRORS[words] in done.err
    assert list(here.iterdir()) == []


def test_what_is_not_there_is_3(slth, here, monkeypatch):
    done = slth("search", "edge-popup", "--device", "cuda:99")
    assert (done.code, done.err.count("\n")) == (3, 1) and "cuda:99" in done.err
    monkeypatch.setitem(sys.modules, "torch", None)
    done = slth("search", "edge-popup")
    assert (done.code, done.err.count("\n")) == (3, 1) and "slth[search]" in done.err
    assert list(here.iterdir()) == []


def test_a_broken_file_of_finished_seeds(slth, here):
    (here / "t.seeds.json").write_text("[]")
    done = slth("search", "edge-popup", *TINY, "-o", "t.slth", "--seeds", 2)
    assert done.code == 2 and "t.seeds.json" in done.err


def test_a_log_without_tensorboard(slth, here, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    done = slth("search", "edge-popup", *TINY, "--log", "log")
    assert done.code == 0 and "tensorboardX" in done.err
    assert [path.name for path in (here / "log").iterdir()] == ["log.csv"]


def test_a_log_of_a_method_without_epochs(slth, here):
    assert slth("search", "edge-popup", *TINY, "--log", "log").code == 0
    done = slth("search", "random-search", *TINY, "--option", "trials=2", "--log", "log")
    assert done.code == 0 and "chosen" not in done.out
    assert (here / "log" / "log.csv").read_text().splitlines() == [
        "stage,epoch,loss,train_accuracy,validation_accuracy,density,rate,seconds,eligible"
    ]


def test_a_weak_ticket_is_said_to_be_weak(slth, here):
    done = slth("search", "snip", *TINY, "--no-sanity")
    assert done.code == 0 and "no claim" in done.out and "a weak ticket" in done.err


def test_list_and_cite_know_methods(slth):
    from slth.search.method import methods

    listed = json.loads(slth("list", "--json").out)
    assert listed["methods"].keys() == set(methods.names()) and "digits" in listed["data_sets"]
    assert "--option scaled=true" in listed["methods"]["ramanujan2020"]
    assert "@inproceedings{ramanujan2020" in slth("cite", "edge-popup").out
    assert slth("cite", "diffenderfer2021").out.count("@inproceedings{diffenderfer2021") == 2


def test_a_method_is_found_by_its_file():
    """`slth cite` loads torch only for keys that a file of that name may register."""
    from slth.search.method import methods

    assert all(cls.__module__ == f"slth.search.methods.{key}" for key, cls in methods)


def test_help_loads_no_torch():
    code = "import sys; import slth.cli.main; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)


def test_large_options_give_tickets_that_can_be_read(slth, here):
    done = slth("search", "iterand", *TINY, "--batch", 10**20, "--option", f"every={10**22}", "-o", "t.slth")
    assert done.code == 0, done.err
    assert slth("verify", "t.slth", "--data", "digits").code == 0
    assert read_found(here / "t.slth")[0].made["options"]["every"] == str(10**22)


def test_reports_of_finished_seeds_that_were_changed_are_not_believed(slth, here):
    words = ("search", "edge-popup", *TINY, "--seeds", 2, "-o", "s.slth", "--json")
    first = json.loads(slth(*words).out)
    body = json.loads(Path("s.seeds.json").read_text())
    body["runs"]["0"] |= {"test_accuracy": 0.999, "correct": 359}
    body["runs"]["1"] = {"sha256": body["runs"]["1"]["sha256"]}
    Path("s.seeds.json").write_text(json.dumps(body))
    done = slth(*words)
    assert done.code == 0 and "finished before" not in done.err
    assert json.loads(done.out)["test_accuracy"] == first["test_accuracy"]


def test_another_density_than_asked_is_said(slth, here):
    done = slth("search", "supermask", *TINY, "--density", 0.1)
    assert done.code == 0 and "density 0.1 was asked for" in done.err
    assert slth("search", "edge-popup", *TINY, "--density", 0.1).err == ""


def test_the_pictures_that_are_counted_are_named(slth, here):
    assert slth("search", "edge-popup", *TINY, "-o", "t.slth").code == 0
    ticket, _ = read_found(here / "t.slth")
    write_found(here / "f.slth", replace(ticket, claim=replace(ticket.claim, name="imagenet test")))
    done = slth("verify", "f.slth", "--data", "digits")
    assert "correct on digits test" in done.out and "calls these pictures imagenet test" in done.err
