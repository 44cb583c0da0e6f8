"""Stages that do not fit their node are refused, each with one line; those that do are collapsed to what they are."""

import copy
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_container import refused
from tiny_network import TinyNetwork, TinyStages

from slth.verify.__main__ import main

ONE = (1.0).hex()
Change = Callable[[TinyStages], None]


def good() -> TinyStages:
    """A convolution of two copies in an ordinary stage, relu, and a direct stage of a convolution."""
    net = TinyNetwork((1, 3, 3))
    net.tensors["w0"] = ("F64", [2, 1, 2, 2], [0.5] * 8)
    net.tensors["b0"] = ("F64", [2], [0.5] * 2)
    net.tensors["w1"] = ("F64", [1, 2, 2, 2], [0.25] * 8)
    square = {"stride": [1, 1], "padding": [0, 0]}
    net.add({"op": "conv", "weight": "w0", "bias": "b0", **square}, (2, 2, 2))
    net.add({"op": "relu"}, (2, 2, 2))
    net.add({"op": "conv", "weight": "w1", **square}, (1, 1, 1))
    layers: list[dict[str, Any]] = [
        {"rows": 4, "columns": 2, "bias": True, "scale": ONE},
        {"rows": 4, "columns": 4, "bias": False, "scale": ONE, "kernel": [2, 2], "copies": 2},
        {"rows": 0, "columns": 1, "bias": True, "scale": ONE},
        {"rows": 1, "columns": 4, "bias": False, "scale": ONE, "kernel": [2, 2], "direct": True},
    ]
    kept = [[0, 2, 5, 7], list(range(64)), [], list(range(16))]
    box = {"kind": "box", "lo": "0", "hi": "1"}
    return TinyStages(3, "uniform/1", layers, kept, net, 1000.0, box)  # type: ignore[arg-type]


def layer(number: int, **changes: Any) -> Change:
    """Change keys of a layer; None removes one."""

    def apply(ticket: TinyStages) -> None:
        ticket.layers[number] |= changes
        for key in [key for key, value in changes.items() if value is None]:
            del ticket.layers[number][key]
        ticket.kept = [[] for _ in ticket.layers]

    return apply


def two_entries(ticket: TinyStages) -> None:
    ticket.kept[0] = [0, 1]


def bad_sum(ticket: TinyStages) -> None:
    """Both inputs of a sum have one shape, but one comes twice."""
    net: Any = ticket.target
    net.tensors["w0"] = ("F64", [1, 1, 1, 1], [0.5])
    net.tensors["b0"] = ("F64", [1], [0.5])
    net.tensors["w1"] = ("F64", [1, 1, 2, 2], [0.25] * 4)
    net.nodes[1] = {"op": "add", "inputs": [0, -1]}
    ticket.layers[1] |= {"rows": 2, "kernel": [1, 1]}
    del ticket.layers[1]["kernel"]
    ticket.layers[3]["columns"] = 2
    ticket.kept = [[], [], [], []]


CHANGES: dict[str, Change] = {
    "kernel of another size": layer(1, kernel=[2, 1]),
    "no kernel": layer(1, kernel=None),
    "kernel of a first layer": layer(0, kernel=[2, 2]),
    "kernel that goes without saying": layer(0, kernel=[1, 1]),
    "kernel of three sides": layer(1, kernel=[2, 2, 2]),
    "kernel of side 0": layer(1, kernel=[2, 0]),
    "kernel too large": layer(1, kernel=[2, 5000]),
    "copies that go without saying": layer(3, copies=1),
    "copies of a first layer": layer(0, copies=2),
    "copies that rows do not fit": layer(1, copies=4),
    "no copies": layer(1, copies=None),
    "copies of the last layer": layer(3, rows=2, copies=2),
    "copies into an ordinary stage": layer(3, direct=None),
    "direct is false": layer(3, direct=False),
    "direct with other columns": layer(3, columns=3),
    "direct first layer": layer(2, direct=True),
    "direct with two columns": layer(2, columns=2),
    "direct without bias": layer(2, bias=False),
    "direct with an activation": layer(2, activation="tanh"),
    "no rows in an ordinary stage": layer(0, rows=0),
    "activation of a second layer": layer(1, activation="tanh"),
    "activation relu, which goes without saying": layer(0, activation="relu"),
    "unknown activation": layer(0, activation="softplus"),
    "leaky_relu without slope": layer(0, activation="leaky_relu"),
    "leaky_relu of slope 1": layer(0, activation="leaky_relu", slope=ONE),
    "slope without leaky_relu": layer(0, slope=(0.5).hex()),
    "bias of a second layer": layer(1, bias=True),
    "two entries of a unit": two_entries,
    "a sum of different copies": bad_sum,
}


def paths(ticket: TinyStages, folder: Path) -> tuple[Path, Path]:
    net: Any = ticket.target
    return ticket.write(folder / "k"), net.write(folder / "t")


def test_the_good_stages_are_read(tmp_path: Path) -> None:
    assert main([*map(str, paths(good(), tmp_path)), "--quiet"]) == 0


@pytest.mark.parametrize("name", CHANGES)
def test_stages_that_do_not_fit(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ticket = copy.deepcopy(good())
    CHANGES[name](ticket)
    ticket_path, target = paths(ticket, tmp_path)
    refused(ticket_path, target, ticket_path, capsys)


SQUARE = {"stride": [1, 1], "padding": [0, 0]}
NODES: dict[str, dict[str, Any]] = {
    "stride 0": SQUARE | {"stride": [0, 1]},
    "one stride": SQUARE | {"stride": [1]},
    "padding below 0": SQUARE | {"padding": [-1, 0]},
    "padding of too many numbers": SQUARE | {"padding": [4096, 4096]},
    "padding a float": SQUARE | {"padding": ["0", "0"]},
    "groups": SQUARE | {"groups": 1},
    "dilation": SQUARE | {"dilation": [1, 1]},
    "no padding": {"stride": [1, 1]},
    "weight of another node": SQUARE | {"weight": "w1"},
}


@pytest.mark.parametrize("name", NODES)
def test_convolutions_that_are_not_possible(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ticket = good()
    net: Any = ticket.target
    net.nodes[0] = {"op": "conv", "weight": "w0", "bias": "b0"} | NODES[name]
    ticket_path, target = paths(ticket, tmp_path)
    refused(ticket_path, target, target, capsys)


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 3, 3), (9,), (1, 3, 3, 1)])
def test_pictures_that_do_not_fit(shape: tuple[int, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ticket = good()
    net: Any = ticket.target
    net.input = shape
    ticket_path, target = paths(ticket, tmp_path)
    refused(ticket_path, target, target, capsys)


def test_a_window_larger_than_the_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ticket = good()
    net: Any = ticket.target
    net.nodes[1] = {"op": "meanpool", "kernel": [3, 1], "stride": [1, 1]}
    ticket_path, target = paths(ticket, tmp_path)
    refused(ticket_path, target, target, capsys)


def test_random_layers_never_end_in_a_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draw = random.Random(4)
    values = [0, 1, 2, 4, [2, 2], [1, 2], True, False, ONE, "tanh", "x", None, -1]
    for _ in range(60):
        ticket = good()
        key = draw.choice(["rows", "columns", "bias", "kernel", "copies", "direct", "activation", "slope"])
        ticket.layers[draw.randrange(4)][key] = draw.choice(values)
        ticket_path, target = paths_of(ticket, tmp_path)
        code = main([str(ticket_path), str(target), "--quiet"])
        assert code in (0, 2)
        assert capsys.readouterr().err.count("\n") == (code == 2)


def paths_of(ticket: TinyStages, folder: Path) -> tuple[Path, Path]:
    """As `paths`, for layers whose masks can not be written: with masks of the good ticket."""
    honest, net = good(), ticket.target
    _, tensors = honest.parts()
    layers, ticket.layers = ticket.layers, honest.layers
    body, _ = ticket.parts()
    from tiny_ticket import write_parts

    return write_parts(folder / "k", body | {"layers": layers}, tensors), net.write(folder / "t")
