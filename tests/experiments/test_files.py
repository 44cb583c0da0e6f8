"""Sweep files: what a good one says, and what is said of a bad one."""

from __future__ import annotations

import dataclasses
import os
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth.core.errors import BadFile
from slth.experiments import files
from slth.experiments.files import read_sweep, sweep_of
from slth.experiments.place import places
from slth.experiments.sweep import Find, Sweep

ROOT = Path(__file__).resolve().parents[2]
GOOD = """
measure = "closest"
repeats = 200
seed = 7
batch = 50
confidence = 0.9
[grid]
law = ["U", "N"]
eps = [0.1, 1]
z = "uniform"
[find]
n = {from = 4, to = 20, step = 4}
chance = [0.25, 0.5]
"""
CELL = '[grid]\nlaw = "U"\nn = 5\neps = 0.1\n'
# a bad file, and what must be named
BAD = {
    "empty": ("", "is empty"),
    "no TOML": ("measure = ", "is not TOML"),
    "no text": (b"\xff\xfe\x00", "is not TOML"),
    "a number without end": (f"repeats = 1{'0' * 5000}", "is not TOML"),
    "nested too deeply": ("a = " + "[" * 20_000, "is not TOML"),
    "an entry twice": ('measure = "closest"\nmeasure = "closest"', "is not TOML"),
    "too large": ("#" * (files.LARGEST_FILE + 1), "at most"),
    "no measure": (CELL, "measure is missing"),
    "a measure that is a number": ("measure = 3\n" + CELL, "measure must be of type str"),
    "an unknown measure": ('measure = "nothing"\n' + CELL, "'nothing'"),
    "an unknown entry": ('measure = "closest"\nrepeat = 5\n' + CELL, "'repeat'"),
    "an unknown section": ('measure = "closest"\n' + CELL + "[more]\na = 1", "'more'"),
    "repeats as text": ('measure = "closest"\nrepeats = "5"\n' + CELL, "repeats must be of type int"),
    "repeats as a float": ('measure = "closest"\nrepeats = 5.0\n' + CELL, "repeats must be of type int"),
    "repeats as a truth value": ('measure = "closest"\nrepeats = true\n' + CELL, "repeats must be of type int"),
    "no repeats": ('measure = "closest"\nrepeats = 0\n' + CELL, "repeats"),
    "a million million units": ('measure = "closest"\nrepeats = 1000000000000\nbatch = 1\n' + CELL, "batches"),
    "a negative batch": ('measure = "closest"\nbatch = -1\n' + CELL, "batch"),
    "a negative seed": ('measure = "closest"\nseed = -1\n' + CELL, "seed"),
    "confidence beyond 1": ('measure = "closest"\nconfidence = 1.5\n' + CELL, "confidence"),
    "confidence nan": ('measure = "closest"\nconfidence = nan\n' + CELL, "confidence"),
    "a grid that is none": ('measure = "closest"\ngrid = 3', "[grid]"),
    "no grid": ('measure = "closest"', "'law'"),
    "an unknown parameter": ('measure = "closest"\n' + CELL + "m = 1", "'m'"),
    "a parameter of the wrong type": ('measure = "closest"\n' + CELL.replace("5", '"5"'), "'n'"),
    "a truth value for a number": ('measure = "closest"\n' + CELL.replace("5", "true"), "'n'"),
    "a float for a whole number": ('measure = "closest"\n' + CELL.replace("5", "5.0"), "'n'"),
    "not finite": ('measure = "closest"\n' + CELL.replace("0.1", "nan"), "'eps'"),
    "beyond float": ('measure = "closest"\n' + CELL.replace("0.1", "1" + "0" * 400), "'eps'"),
    "negative": ('measure = "closest"\n' + CELL.replace("0.1", "-0.1"), "eps"),
    "more samples than are solved": ('measure = "closest"\n' + CELL.replace("5", "[5, 51]"), "at most 50"),
    "a date": ('measure = "closest"\n' + CELL.replace("0.1", "2020-01-01"), "eps"),
    "a list in a list": ('measure = "closest"\n' + CELL.replace("0.1", "[[0.1]]"), "eps"),
    "an empty list": ('measure = "closest"\n' + CELL.replace("0.1", "[]"), "eps"),
    "a range of fractions": ('measure = "closest"\n' + CELL.replace("0.1", "{from = 0.1, to = 0.3}"), "eps"),
    "a range without end": ('measure = "closest"\n' + CELL.replace("5", "{from = 5}"), "n as a range"),
    "a range backwards": ('measure = "closest"\n' + CELL.replace("5", "{from = 5, to = 4}"), "upwards"),
    "a range in no steps": ('measure = "closest"\n' + CELL.replace("5", "{from = 5, to = 9, step = 0}"), "upwards"),
    "a range too long": ('measure = "closest"\n' + CELL.replace("5", "{from = 5, to = 9999999999}"), "steps"),
    "a range of more": ('measure = "closest"\n' + CELL.replace("5", "{from = 5, to = 9, by = 2}"), "range"),
    "too many cells": (
        'measure = "closest"\n[grid]\nn = {from = 1, to = 1000}\nsize = {from = 1, to = 1000}',
        "more than",
    ),
    "a search for what is in the grid": ('measure = "closest"\n' + CELL + "[find]\nn = [1, 2]", "'n'"),
    "a search for nothing": ('measure = "closest"\n' + CELL + "[find]\nchance = 0.5", "section find"),
    "a search for two": ('measure = "closest"\n[grid]\nlaw = "U"\n[find]\nn = [1]\neps = [1]', "section find"),
    "a search for a chance of 1": ('measure = "closest"\n' + CELL + "[find]\nsize = [1]\nchance = 1.0", "chances"),
    "a search for a chance as text": (
        'measure = "closest"\n' + CELL + '[find]\nsize = [1]\nchance = ["a", 0.5]',
        "chance",
    ),
    "a search over equal values": ('measure = "closest"\n' + CELL + "[find]\nsize = [1, 1]", "'size'"),
    "a search too far": (
        'measure = "closest"\n[grid]\nlaw = "U"\neps = 0.1\n[find]\nn = {from = 40, to = 60}',
        "at most 50",
    ),
    "a search that is none": ('measure = "closest"\nfind = "n"\n' + CELL, "[find]"),
    "a target that is not there": (
        'measure = "ticket"\n[grid]\ntarget = "nowhere.pt"\nsamples = 9\nweight_error = 0.1',
        "nowhere.pt",
    ),
    "control characters": ('measure = "clo\\u001b[31msest"\n' + CELL, "closest"),
}


def test_a_good_file(tmp_path):
    path = tmp_path / "good.toml"
    path.write_text(GOOD)
    grid = {"law": ("U", "N"), "eps": (0.1, 1), "z": ("uniform",)}
    assert read_sweep(path) == Sweep("closest", grid, 200, 7, 50, Find("n", (4, 8, 12, 16, 20), (0.25, 0.5)), 0.9)
    path.write_text('measure = "closest"\n' + CELL)
    assert read_sweep(path) == Sweep("closest", {"law": ("U",), "n": (5,), "eps": (0.1,)})
    path.write_text('measure = "closest"\nconfidence = 0.5\n[grid]\nlaw="U"\neps=1\n[find]\nn = 3\nchance = 0.5')
    assert read_sweep(path).find == Find("n", (3,), (0.5,))


def test_the_file_shown_in_the_module_is_good(tmp_path):
    path = tmp_path / "shown.toml"
    path.write_text((files.__doc__ or "").split("\n", 2)[2])
    sweep = read_sweep(path)
    assert (sweep.measure, len(sweep.cells()), sweep.repeats) == ("closest", 4, 2000)
    assert sweep.find == Find("n", tuple(range(1, 41)))


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_in_one_line_that_names_it(tmp_path, name):
    content, says = BAD[name]
    path = tmp_path / "bad.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BadFile) as raised:
        read_sweep(path)
    message = str(raised.value)
    assert message.startswith(f"{path}: ")
    if name != "control characters":
        assert says in message
        assert len(message.splitlines()) == 1
    assert len(message) < 1000
    assert os.listdir(tmp_path) == ["bad.toml"]  # noqa: PTH208


@pytest.mark.parametrize("kind", ["folder", "pipe", "nothing", "link"])
def test_what_is_no_file_is_refused_without_waiting(tmp_path, kind):
    path = tmp_path / "bad.toml"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "link":
        path.symlink_to(path)
    with pytest.raises(BadFile, match=re.escape(str(path))):
        read_sweep(path)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.just("closest"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["from", "to", "step", "n", "eps", "law", "chance", "x"]), inner, max_size=4)
    ),
    max_leaves=8,
)
ENTRIES = st.dictionaries(st.sampled_from([*files.PLAIN, "grid", "find", "x"]), ANYTHING, max_size=6)


@given(ENTRIES)
def test_entries_of_any_kind_make_a_sweep_or_one_refusal(entries):
    from slth.core.errors import BadInput

    try:
        sweep_of(entries)
    except BadInput as error:
        assert str(error)


def test_the_files_shown_in_the_documents_are_good(monkeypatch):
    monkeypatch.chdir(ROOT)
    document = (ROOT / "docs" / "sweeps.md").read_text()
    shown = re.findall(r"^```toml\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)
    sweeps = [sweep_of(tomllib.loads(text)) for text in shown]
    assert [sweep.measure for sweep in sweeps] == ["closest", "ticket"]
    assert sweeps[0] == read_sweep(ROOT / "examples" / "sweep.toml")
    options = {name: {field.name for field in dataclasses.fields(kind)} for name, kind in places}
    for line in re.findall(r"^slth sweep .*", document, re.MULTILINE):
        (executor,) = re.findall(r"--executor (\w+)", line)
        assert set(re.findall(r"--option (\w+)=", line)) <= options[executor]
    assert set(re.findall(r"^\| `(\w+)` \|", document, re.MULTILINE)) >= {"measure", *files.PLAIN, *options}
