"""Convolutions, pools, sums, activations, copies: the checker against networks computed in rational numbers."""

import random
from fractions import Fraction
from pathlib import Path

import pytest
from test_ticket_oracle import proved_eps
from tiny_network import ACTS, TinyNetwork, TinyStages, gap, random_input, random_stages
from tiny_ticket import word

LAWS = ["uniform/1", "sign/1", "normal/1"]
SLACK = Fraction(1, 2**150)  # of the oracle's own tanh and sigmoid
CASES = {
    "relu": (["relu"], ["relu"], False),
    "leaky": (["leaky_relu"], ["relu", "leaky_relu"], False),
    "smooth": (["tanh", "sigmoid"], ["tanh", "sigmoid"], False),
    "mixed": (ACTS, ACTS, False),
    "direct": (["relu"], ACTS, True),
}


def made(name: str, seed: int) -> tuple[TinyStages, random.Random]:
    inner, kinds, direct = CASES[name]
    draw = random.Random(1000 * list(CASES).index(name) + seed)
    return random_stages(draw, LAWS[seed % 3], [0.3, 1e-3, 0.0][seed % 3 - 1], inner, direct, kinds), draw


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("seed", range(8))
def test_the_proved_eps_is_never_below_a_difference_at_a_point(name: str, seed: int, tmp_path: Path) -> None:
    ticket, draw = made(name, seed)
    eps = proved_eps(ticket, tmp_path)
    for _ in range(4):
        assert gap(ticket, random_input(ticket, draw)) <= eps + SLACK


def uneven(folder: Path, seed: int, steps: list[dict[str, object]]) -> Fraction:
    """A direct stage, then a stage of one relu unit: v relu(a h) for the target's v a h / 2, h of both signs."""
    net = TinyNetwork((1,))
    one, direct = (1.0).hex(), {"direct": True}
    layers = [
        {"rows": 0, "columns": 1, "bias": True, "scale": one},
        {"rows": 1, "columns": 1, "bias": False, "scale": one} | direct,
        {"rows": 1, "columns": 1, "bias": False, "scale": one},
        {"rows": 1, "columns": 1, "bias": False, "scale": one},
    ]
    box = {"kind": "box", "lo": "-1", "hi": "1"}
    ticket = TinyStages(seed, "sign/1", layers, [[], [0], [0], [0]], net, 0.0, box)  # type: ignore[arg-type]
    w, a, v = (float(ticket.numbers(k)[0, 0]) for k in (1, 2, 3))
    net.tensors |= {"w0": ("F64", [1, 1], [w]), "w1": ("F64", [1, 1], [v * a / 2])}
    net.add({"op": "dense", "weight": "w0"}, (1,))
    for step in steps:
        net.add(dict(step), (1,))
    net.add({"op": "dense", "weight": "w1"}, (1,))
    return proved_eps(ticket, folder)


@pytest.mark.parametrize("seed", range(8))
def test_halves_of_inputs_of_both_signs(seed: int, tmp_path: Path) -> None:
    assert Fraction(1, 2) <= uneven(tmp_path, seed, []) <= Fraction(1, 2) + Fraction(1, 2**30)
    twice = word(seed, 1, 0) < 1 << 31  # the sum of w x and x is 2 x or 0, and known to be in [-2, 2]
    eps = uneven(tmp_path, seed, [{"op": "add", "inputs": [0, -1]}])
    assert twice <= eps <= 1 + Fraction(1, 2**30)
