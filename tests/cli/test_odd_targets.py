"""Odd networks and odd wishes end in a proved ticket or in one honest line."""

from __future__ import annotations

import json

import numpy as np
import pytest

from slth.core.network import Activation, Dense, Network
from slth.interop.targets import write_target

NEGATIVE = np.array([0.5, -50.0], np.float32)
ODD = {
    "no hidden layer": [Dense(np.array([[0.5, -0.25]], np.float32), np.ones(1, np.float32))],
    "one neuron": [Dense(np.full((1, 1), 0.7, np.float32)), Activation(), Dense(np.full((1, 1), -0.3, np.float32))],
    "zero matrix": [Dense(np.zeros((3, 2), np.float32)), Activation(), Dense(np.ones((2, 3), np.float32))],
    "dead bias": [
        Dense(np.ones((2, 2), np.float32), NEGATIVE),
        Activation(),
        Dense(np.ones((1, 2), np.float32), np.ones(1, np.float32)),
    ],
    "weights above 1": [
        Dense(np.array([[40.0, -7.5]], np.float32)),
        Activation(),
        Dense(np.array([[3.25]], np.float32)),
    ],
    "last relu": [Dense(np.array([[0.3, -0.4]], np.float64)), Activation()],
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize(
    "wish", [(), ("--epsilon", "0.1"), ("--domain", "box:0:0"), ("--assignment", "traded")], ids=str
)
def test_odd_networks_are_proved_by_both(slth, tmp_path, name, wish):
    nodes = ODD[name]
    target, ticket = tmp_path / "odd.safetensors", tmp_path / "odd.slth"
    write_target(Network(tuple(nodes), (nodes[0].shape[1],)), target)
    assert slth("approximate", "--target", target, "-o", ticket, *wish).code == 0
    proved = slth("verify", ticket, "--target", target, "--exact", "--attack", "0.1", "--json")
    assert json.loads(proved.out)["verdict"] == "PROVED"


def test_what_is_read_is_not_overwritten(slth, digits, tmp_path):
    target = tmp_path / "net.pt"
    target.write_bytes(digits.read_bytes())
    for words in (("approximate", "--target", target, "-o", target), ("convert", target, tmp_path / "x.pt")):
        assert slth(*words).code == 2
    assert target.read_bytes() == digits.read_bytes()


def test_a_met_wish_says_which_tolerances_were_widened(slth, digits, tmp_path):
    made = slth(
        "approximate", "--target", digits, "-o", tmp_path / "t.slth", "--epsilon", "0.3", "--samples", "18", "--json"
    )
    report = json.loads(made.out)
    assert report["eps"] <= 0.3
    assert (made.code, report["missed"]) == (0, 0)
    assert report["widened"] > 0


def test_numbers_that_json_does_not_have_are_null(slth, digits, tmp_path):
    slth("approximate", "--target", digits, "-o", tmp_path / "t.slth")
    shown = slth("verify", tmp_path / "t.slth", "--target", digits, "--domain", "box:0:1e200", "--attack", 0, "--json")
    assert json.loads(shown.out, parse_constant=pytest.fail)["eps_f32"] is None
