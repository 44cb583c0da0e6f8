"""`slth sweep`: what it prints and writes, how it ends, what it refuses."""

from __future__ import annotations

import csv
import errno
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from slth.experiments.measure import Outcome, Said, measures
from slth.experiments.run import run
from slth.experiments.table import read_table

ROOT = Path(__file__).resolve().parents[2]
SMALL = 'measure = "closest"\nrepeats = 60\nbatch = 25\n[grid]\nlaw = ["U", "N"]\nn = [6, 8]\neps = 0.01\n'
SERIAL = ("--executor", "serial")


@pytest.fixture
def file(tmp_path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(SMALL)
    return path


@pytest.fixture
def overpromised(monkeypatch, tmp_path) -> Path:
    """The file of a sweep whose measure is promised to succeed, which it never does for n = 1."""

    @dataclass(frozen=True)
    class Broken:
        n: int
        title: ClassVar[str] = "a promise that is not kept"
        value: ClassVar[str] = ""
        version: ClassVar[int] = 1

        check = lambda self: None  # noqa: E731
        content = lambda self: ""  # noqa: E731
        facts = lambda self: {}  # noqa: E731

        def run(self, draws) -> Outcome:
            return Outcome(np.full(draws.count, self.n > 1))

        def said(self) -> tuple[Said, ...]:
            return (Said("theorem 1", "at least", 0.9), Said("theorem 2", "at most", 1.0))

    Broken.__annotations__["n"] = "int"
    measures.names()
    monkeypatch.setitem(measures._classes, "broken", Broken)
    path = tmp_path / "broken.toml"
    path.write_text('measure = "broken"\nrepeats = 100\n[grid]\nn = [1, 2]\n')
    return path


def test_the_table_is_printed_and_written(slth, file):
    done = slth("sweep", file, *SERIAL)
    assert (done.code, done.err) == (0, "")
    table = read_table(file.with_suffix(".csv"))
    assert [(row["law"], row["n"]) for row in table.rows] == [("U", 6), ("U", 8), ("N", 6), ("N", 8)]
    lines = done.out.splitlines()
    assert len(lines) == 1 + 4 + 2
    assert lines[0].split()[:6] == ["law", "n", "eps", "runs", "hits", "chance"]
    assert re.search(r"^ +U +6 +0\.01 +60 +\d+ +0\.\d+ .* holds$", done.out, re.MULTILINE)
    assert lines[-2] == f"table    {file.with_suffix('.csv')}, 4 rows"
    assert lines[-1].startswith("seconds")
    assert {path.name for path in file.parent.iterdir()} == {"small.toml", "small.csv", "small.units"}


def test_a_second_run_goes_on_from_the_first(slth, file, monkeypatch):
    first = slth("sweep", file, *SERIAL, "--json")
    table = file.with_suffix(".csv").read_bytes()
    monkeypatch.setattr("slth.experiments.units._computed", lambda unit: pytest.fail("computed again"))
    second = slth("sweep", file, *SERIAL, "--json")
    assert json.loads(second.out)["rows"] == json.loads(first.out)["rows"]
    assert file.with_suffix(".csv").read_bytes() == table


def test_json_and_places_of_output(slth, file, tmp_path):
    places = ("-o", tmp_path / "t.csv", "--folder", tmp_path / "kept")
    done = slth("sweep", file, *SERIAL, *places, "--json")
    report = json.loads(done.out)
    assert done.code == 0
    assert len(done.out.splitlines()) == 1
    assert report.keys() == {"table", "rows", "violated", "seconds"}
    assert (report["table"], report["violated"]) == (str(tmp_path / "t.csv"), 0)
    with (tmp_path / "t.csv").open(newline="") as written:
        rows = list(csv.DictReader(written))
    for shown, row in zip(report["rows"], rows, strict=True):
        for key, cell in row.items():
            value = shown.get(key, "")
            assert cell == str(value) or (value is None and cell in ("inf", "-inf")), "JSON has no infinity"
    assert {"measure", "law", "n", "eps", "runs", "hits", "chance", "verdict", "seed", "slth"} <= report["rows"][
        0
    ].keys()
    assert {path.name for path in tmp_path.iterdir()} == {"small.toml", "t.csv", "kept"}


def test_a_broken_promise_ends_in_1(slth, overpromised):
    done = slth("sweep", overpromised, *SERIAL)
    assert done.code == 1
    assert re.search(r"^VIOLATED: theorem 1: .*\bn 1,", done.out, re.MULTILINE)
    assert done.out.count("VIOLATED: theorem 1:") == 1
    assert "theorem 2:" not in done.out
    rows = read_table(overpromised.with_suffix(".csv")).rows
    assert [row["verdict"] for row in rows] == ["VIOLATED: theorem 1", "holds"]
    asked = slth("sweep", overpromised, *SERIAL, "--json")
    assert asked.code == 1
    assert json.loads(asked.out)["violated"] == 1


def test_long_tables_are_cut_on_the_screen_alone(slth, tmp_path):
    path = tmp_path / "long.toml"
    path.write_text('measure = "nearest"\nrepeats = 2\n[grid]\neps = 0.1\nn = {from = 1, to = 46}\n')
    done = slth("sweep", path, *SERIAL)
    assert done.code == 0
    assert "... and 6 more rows" in done.out
    assert len(read_table(tmp_path / "long.csv").rows) == 46


def test_names_from_a_file_cannot_write_on_the_screen(slth, tmp_path, digits):
    target = tmp_path / "a\x1b[31mb.pt"
    target.write_bytes(digits.with_name("iris.pt").read_bytes())
    path = tmp_path / "ticket.toml"
    grid = f"[grid]\ntarget = {json.dumps(str(target))}\nsamples = 12\nweight_error = 0.5\n"
    path.write_text(f'measure = "ticket"\nrepeats = 1\n{grid}')
    done = slth("sweep", path, *SERIAL)
    assert done.code == 0
    assert "\x1b" not in done.out + done.err
    path.write_text(f'measure = "ticket"\nrepeats = 1\n{grid.replace("b.pt", "c.pt")}')
    refused = slth("sweep", path, *SERIAL)
    assert refused.code == 2
    assert "\x1b" not in refused.out + refused.err


def test_the_example(slth, tmp_path):
    """Ten lines; theory and measurement agree within one sample, and n grows by about log2(10) for a tenth of eps."""
    path = tmp_path / "sweep.toml"
    path.write_text((ROOT / "examples" / "sweep.toml").read_text())
    assert len(path.read_text().splitlines()) == 10
    done = slth("sweep", path, *SERIAL, "--json")
    assert done.code == 0, done.err
    rows = json.loads(done.out)["rows"]
    assert [(row["law"], row["eps"], row["wanted chance"]) for row in rows] == [
        (law, eps, chance) for law in ("U", "N") for eps in (0.1, 0.01, 0.001) for chance in (0.5, 0.95)
    ]
    for row in rows:
        assert row["n low"] <= row["n"] <= row["n high"] <= row["n"] + 1
        assert abs(row["n"] - row["n: hitting law"]) <= 1
        assert row["n: first moment"] <= row["n high"]
        assert row["n: certified"] >= row["n low"]
        assert row["verdict"] == "holds"
    assert [3 <= rows[at + 2]["n"] - rows[at]["n"] <= 5 for at in (0, 2, 6, 8)] == [True] * 4


def test_help_says_what_there_is(slth):
    done = slth("sweep", "--help")
    assert done.code == 0
    for word in ("--output", "--folder", "--executor", "--workers", "--option", "--json", "dask", "submitit", "TOML"):
        assert word in done.out
    assert "sweep" in slth("--help").out


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("measure = ", "TOML"),
        (SMALL.replace("closest", "nothing"), "'nothing'"),
        (SMALL.replace("repeats", "runs"), "'runs'"),
        (SMALL.replace("60", "0"), "repeats"),
        (SMALL.replace("0.01", "-1"), "eps"),
        (SMALL.replace("0.01", "nan"), "'eps'"),
        (SMALL.replace("[6, 8]", "[6, 80]"), "at most 50"),
        (SMALL.replace("n =", "m ="), "'m'"),
        (SMALL + '[find]\nz = 0.5\nchance = "half"', "chance"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else None,
)
def test_a_bad_file_is_one_line_and_2(slth, tmp_path, text, says):
    path = tmp_path / "bad.toml"
    path.write_text(text)
    done = slth("sweep", path, *SERIAL)
    assert (done.code, done.out) == (2, "")
    (line,) = done.err.splitlines()
    assert line.startswith(f"slth: {path}: ")
    assert says in line
    assert [entry.name for entry in tmp_path.iterdir()] == ["bad.toml"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("{file}", "--executor", "cloud"), "'cloud'"),
        (("{file}", *SERIAL, "--workers", "2"), "one worker"),
        (("{file}", *SERIAL, "--option", "chunk=2"), "chunk=2"),
        (("{file}", "--option", "chunk=many"), "chunk"),
        (("{file}", "--option", "chunk"), "NAME=VALUE"),
        (("{file}", "--option", "sped=2"), "workers, chunk"),
        (("{file}", "--workers", "-1"), "-1"),
        (("{file}", "--executor", "dask", "--workers", "-1"), "-1"),
        (("{file}", "--executor", "submitit", "--workers", "0"), "0"),
        (("{file}", "--option", "chunk=0"), "chunk"),
        (("{file}", "--executor", "dask", "--option", "chunk=0"), "chunk"),
        (("{file}", *SERIAL, "-o", "table.txt"), "table.txt"),
        (("{file}", *SERIAL, "-o", "nowhere/t.csv"), "nowhere"),
        (("{file}", *SERIAL, "-o", "folder.csv"), "folder.csv"),
        (("{file}", *SERIAL, "--folder", "{file}"), "small.toml"),
        (("nowhere.toml", *SERIAL), "nowhere.toml"),
        ((".", *SERIAL, "-o", "t.csv"), "folder"),
    ],
    ids=lambda words: " ".join(words)[:50] if isinstance(words, tuple) else None,
)
def test_bad_words_are_one_line_and_2(slth, file, monkeypatch, words, says):
    monkeypatch.chdir(file.parent)
    (file.parent / "folder.csv").mkdir()
    done = slth("sweep", *(word.replace("{file}", "small.toml") for word in words))
    assert (done.code, done.out) == (2, ""), done
    said = [line for line in done.err.splitlines() if line.startswith("slth: ")]
    assert len(said) == 1
    assert says in said[0]
    assert {entry.name for entry in file.parent.iterdir()} == {"small.toml", "folder.csv"}


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("what", ["mkdir", "replace", "fsync"])
def test_a_folder_that_cannot_be_written_is_3(slth, file, monkeypatch, number, what):
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, what, refuse)
    done = slth("sweep", file, *SERIAL)
    assert (done.code, done.out) == (3, ""), done
    (line,) = done.err.splitlines()
    assert "small.units" in line
    assert os.strerror(number) in line
    monkeypatch.undo()
    assert not [path for path in file.parent.rglob("*") if path.is_file() and path != file]


def test_a_changed_unit_is_2_and_named(slth, file):
    assert slth("sweep", file, *SERIAL).code == 0
    path = sorted(file.with_suffix(".units").rglob("*.json"))[3]
    path.write_bytes(path.read_bytes()[:-5])
    done = slth("sweep", file, *SERIAL)
    assert done.code == 2
    assert path.name in done.err
    path.unlink()
    assert slth("sweep", file, *SERIAL).code == 0


def test_the_program_and_the_door_give_the_same_table(slth, file, tmp_path):
    from slth.experiments.executors.serial import Serial
    from slth.experiments.files import read_sweep

    assert slth("sweep", file, *SERIAL).code == 0
    table = run(read_sweep(file), tmp_path / "other", Serial())
    assert file.with_suffix(".csv").read_text() == table.csv()
