"""Given weights on the command line: searched, checked, shown and exported with the file that they are from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from slth.interop.read import read

DIGITS = Path(__file__).resolve().parents[2] / "examples" / "digits.pt"
CNN = DIGITS.with_name("cnn.pt")
SHORT = ("--epochs", "2", "--batch", "256", "--density", "0.5", "-o", "t.slth")


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def made(slth, here):
    """A ticket of the weights of examples/digits.pt."""
    return slth("search", "jackpots", "--target", DIGITS, *SHORT)


def test_from_search_to_export(slth, made):
    assert made.code == 0 and "no ticket of a random network" in made.err
    digest = read(DIGITS).network.digest
    assert f"given weights    2,410 weights, digest {digest[:16]}, seed 0: 32x65, 10x33" in made.out
    assert "the same mask on the same weights in other places" in made.out
    check = f"slth verify t.slth --data digits --target {DIGITS}"
    assert f"check            {check}" in made.out
    done = slth(*check.split()[1:])
    assert done.code == 0 and "given weights behind the mask, answers as many" in done.out
    assert "kept     1,370 of 2,410 given weights" in done.out
    shown = slth("show", "t.slth")
    assert shown.code == 0 and f"given: those of the network of digest {digest}" in shown.out
    assert json.loads(slth("show", "t.slth", "--json").out)["weights"] == digest
    assert slth("export", "t.slth", "--target", DIGITS, "--to", "t.safetensors").code == 0
    whole, kept = read(DIGITS).network, read("t.safetensors").network
    for a, b in zip(whole.affine, kept.affine, strict=True):
        assert ((a.weight == b.weight) | (b.weight == 0)).all()


def test_a_report_for_programs(slth, here):
    done = slth("search", "edge-popup", "--target", CNN, *SHORT, "--json", "--seeds", 2, "--no-sanity")
    report = json.loads(done.out)
    digest = read(CNN).network.digest
    assert report["given_weights"] == digest and report["law"] is None and report["strong"] is False
    assert report["layers"] == ["6x1x3x3", "12x6x3x3", "10x49"]
    for run in report["runs"]:
        check = slth(*run["check"].split()[1:], "--json")
        assert check.code == 0 and json.loads(check.out)["given_weights"] == digest
    again = slth("search", "edge-popup", "--target", CNN, *SHORT, "--seeds", 2, "--no-sanity")
    assert again.err.count("finished before") == 2
    other = slth("search", "edge-popup", "--arch", "64-16-10", *SHORT, "--seeds", 2, "--no-sanity")
    assert "other settings" in other.err and other.code == 0


@pytest.mark.parametrize(
    "words, said",
    [
        ((), "is a ticket of given weights, of digest"),
        (("--target", CNN), "is about weights of digest"),
        (("--target", "gone.pt"), "gone.pt"),
        (("--target", DIGITS, "--arch", "64-32-11"), "t.slth"),
    ],
)
def test_the_file_is_needed(slth, made, here, words, said):
    for command in (("verify", "t.slth", "--data", "digits"), ("export", "t.slth", "--to", "t.pt")):
        done = slth(*command, *words)
        assert (done.code, done.out) == (2, "") and done.err.count("\n") == 1 and said in done.err
    assert not (here / "t.pt").exists()


@pytest.mark.parametrize(
    "words, said",
    [
        (("jackpots",), "jackpots searches the weights of a trained network: give its file (--target)"),
        (("jackpots", "--input", "64"), "--input is the shape of a --target's inputs"),
        (("jackpots", "--target", "gone.pt"), "gone.pt"),
        (("jackpots", "--target", DIGITS, "--width", "2"), "--width, --norm and --bias"),
        (("jackpots", "--target", DIGITS.with_name("iris.pt")), "takes inputs of shape (4,), not (1, 8, 8)"),
        (("jackpots", "--target", DIGITS, "--density", "0"), "--density"),
        (("iterand", "--target", DIGITS, "--json"), "can not search given weights"),
        (("biprop", "--target", DIGITS, "--json"), "can not search given weights"),
        (("layer-removal",), "the architecture has no sums"),
    ],
)
def test_errors_are_one_line_and_leave_nothing(slth, here, words, said):
    done = slth("search", *words)
    lines = [line for line in done.err.splitlines() if line.startswith("slth: ")]
    assert (done.code, done.out) == (2, "") and len(lines) == 1 and said in lines[0]
    assert list(here.iterdir()) == []


def test_the_target_is_not_overwritten(slth, here):
    target = here / "net.pt"
    target.write_bytes(DIGITS.read_bytes())
    done = slth("search", "jackpots", "--target", "net.pt", "-o", "net.pt")
    assert done.code == 2 and target.read_bytes() == DIGITS.read_bytes()
