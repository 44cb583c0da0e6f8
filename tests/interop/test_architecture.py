"""The mini language of --arch, JSON architectures, and what happens where file and user disagree."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from drawn_networks import conv_networks, residual_at_the_input
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slth.core.errors import BadFile, BadInput
from slth.core.network import Activation, Dense, Flatten, Network, canonical_json
from slth.interop.architecture import parse_arch
from slth.interop.archjson import parse_plan
from slth.interop.read import read, write_target
from slth.interop.safetensors import write_container


def tensors(widths, bias=True, names=None, dtype=np.float32):
    rng = np.random.default_rng(0)
    found = {}
    for number, (a, b) in enumerate(pairwise(widths)):
        name = names[number] if names else f"fc{number}"
        found[f"{name}.weight"] = rng.standard_normal((b, a)).astype(dtype)
        if bias:
            found[f"{name}.bias"] = rng.standard_normal(b).astype(dtype)
    return found


@st.composite
def networks(draw):
    """Dense networks with ReLU between, with or without biases, pictures, a ReLU at the end."""
    shape = draw(st.sampled_from([(3,), (1, 2, 2), (5, 1)]))
    widths = [int(np.prod(shape)), *draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))]
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    nodes = [Flatten()] if len(shape) > 1 else []
    for index, (a, b) in enumerate(pairwise(widths)):
        nodes += [Activation()] * (index > 0)
        bias = rng.standard_normal(b).astype(dtype) if draw(st.booleans()) else None
        nodes.append(Dense(rng.standard_normal((b, a)).astype(dtype), bias))
    return Network((*nodes, *([Activation()] * draw(st.booleans()))), shape)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(networks() | conv_networks())
def test_canonical_targets_keep_their_digest(tmp_path, network):
    write_target(network, tmp_path / "one")
    target = read(tmp_path / "one")
    assert target.network.digest == network.digest and target.network.architecture() == network.architecture()
    write_target(target.network, tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    (tmp_path / "arch.json").write_text(canonical_json(network.architecture()))
    assert read(tmp_path / "one", str(tmp_path / "arch.json")).network.digest == network.digest


def test_a_canonical_graph_keeps_its_digest(tmp_path):
    network = residual_at_the_input()
    write_target(network, tmp_path / "net")
    found = read(tmp_path / "net")
    assert found.network.digest == network.digest and found.network.inputs == network.inputs and found.notes == ()


def test_nodes_that_change_nothing_stay_in_a_canonical_target(tmp_path):
    network = Network((Dense(np.ones((2, 2))), Activation(), Activation(), Flatten(), Dense(np.ones((1, 2)))), (2,))
    write_target(network, tmp_path / "net")
    assert read(tmp_path / "net").network.digest == network.digest
    network = Network((Dense(np.ones((2, 4))),), (1, 2, 2))
    write_target(network, tmp_path / "net")
    assert read(tmp_path / "net").network.digest == network.digest


def test_a_changed_canonical_target_is_refused(tmp_path):
    path = tmp_path / "target"
    write_target(Network((Dense(np.ones((2, 2), np.float32)),), (2,)), path)
    data = bytearray(path.read_bytes())
    data[-4] ^= 1
    path.write_bytes(data)
    with pytest.raises(BadFile, match="digest is not that of its weights"):
        read(path)


@pytest.mark.parametrize(
    ("spec", "input_shape", "bias"),
    [
        ("6-4-3", (6,), True),
        ("mlp:6-4-3:relu", (6,), True),
        ("mlp:6-4-3:relu:nobias", (6,), False),
        ("6-4-3:nobias", (6,), False),
        ("6-4-3:bias", (6,), True),
        ("1x2x3-4-3", (1, 2, 3), True),
    ],
)
def test_lines(tmp_path, spec, input_shape, bias):
    write_container(tmp_path / "net", {}, tensors((6, 4, 3), bias))
    found = read(tmp_path / "net", spec)
    assert found.network.input_shape == input_shape and found.notes == ()
    assert [type(node) for node in found.network.nodes[-3:]] == [Dense, Activation, Dense]
    assert isinstance(found.network.nodes[0], Flatten) == (len(input_shape) > 1)


BAD_LINES = (
    *("", "784", "784-", "a-b", "784-0-10", "0-3", "784-500-10:tanh", "6-4:bias:nobias", "6-4:relu:relu", "cnn:6-4"),
    *("6_0-4", "-6-4", "6--4", "6-4 ", "٦-4", "99999999999999999999-4", "9" * 5000 + "-4", "6x0-4", "missing.json"),
    *("1x" * 50_001 + "6-4", "4-" * 20_000 + "4"),
)


@pytest.mark.parametrize("spec", BAD_LINES, ids=range(len(BAD_LINES)))
def test_bad_lines(tmp_path, spec):
    write_container(tmp_path / "net", {}, tensors((6, 4)))
    with pytest.raises(BadInput) as caught:
        read(tmp_path / "net", spec)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("6-4-3:nobias", "layer fc0 has a bias, the architecture says otherwise"),
        ("6-4-4-3", "the architecture has 3 Linear layers, the file has 2"),
        ("6-5-3", "layer fc0 gives 4 outputs, the architecture says 5"),
        ("7-4-3", r"layer fc0 takes 6 inputs, the architecture has \(7,\)"),
    ],
)
def test_lines_that_do_not_fit(tmp_path, spec, reason):
    write_container(tmp_path / "net", {}, tensors((6, 4, 3)))
    with pytest.raises(BadFile, match=reason):
        read(tmp_path / "net", spec)


def test_layers_are_ordered_by_number_not_by_alphabet(tmp_path):
    widths = tuple(range(3, 15))
    stored = tensors(widths, names=[f"layers.{k}" for k in range(len(widths) - 1)])
    write_container(tmp_path / "net", {}, stored)
    found = read(tmp_path / "net")
    assert [layer.shape[1] for layer in found.network.affine] == list(widths[:-1])
    assert "layers.9, layers.10" in found.notes[0] and "numbered without gaps" in found.notes[1]


def test_json_names_the_layers_where_the_order_is_unclear(tmp_path):
    stored = tensors((3, 4, 4, 2), names=["input", "hidden", "a"])
    write_container(tmp_path / "net", {}, stored)
    with pytest.raises(BadFile, match="layer hidden takes 4 inputs but a gives 2; pass --arch with a JSON file"):
        read(tmp_path / "net")
    nodes = [{"op": "dense", "weight": f"{k}.weight", "bias": f"{k}.bias"} for k in ("input", "hidden", "a")]
    text = {"format": "slth-network/1", "input": [3], "nodes": [nodes[0], {"op": "relu"}, nodes[1], {"op": "relu"}]}
    text["nodes"].append(nodes[2])
    (tmp_path / "arch.json").write_text(json.dumps(text))
    network = read(tmp_path / "net", tmp_path / "arch.json").network
    np.testing.assert_array_equal(network.affine[1].weight, stored["hidden.weight"])
    text["nodes"][0]["weight"], text["nodes"][0]["bias"] = "other.weight", "other.bias"
    (tmp_path / "arch.json").write_text(json.dumps(text))
    with pytest.raises(BadFile, match="layer other of the architecture is not in the file"):
        read(tmp_path / "net", tmp_path / "arch.json")


def test_the_user_may_not_contradict_the_file(tmp_path):
    network = Network((Dense(np.ones((2, 3), np.float32)), Activation()), (3,))
    write_target(network, tmp_path / "net")
    with pytest.raises(BadFile, match="says its own architecture"):
        read(tmp_path / "net", "3-2")


DENSE = {"op": "dense", "weight": "0.weight"}
PLANS = {
    "must be an object": [],
    "format 'slth-network/1', input": {"format": "slth-network/2", "input": [1], "nodes": []},
    "and nothing else": {"format": "slth-network/1", "input": [1], "nodes": [], "more": 1},
    "input must be a list": {"format": "slth-network/1", "input": 3, "nodes": []},
    "must be a list of sizes": {"format": "slth-network/1", "input": [True], "nodes": []},
    "is 0 or too large": {"format": "slth-network/1", "input": [1 << 40], "nodes": []},
    "nodes must be a list": {"format": "slth-network/1", "input": [1], "nodes": {}},
    "at most 10000 operations": {"format": "slth-network/1", "input": [1], "nodes": [{"op": "relu"}] * 10_001},
    r"node 0 \(gelu\) is not one of conv, dense": {"format": "slth-network/1", "input": [1], "nodes": [{"op": "gelu"}]},
    r"node 0 \(no operation\)": {"format": "slth-network/1", "input": [1], "nodes": [3]},
    "must name its tensors": {"format": "slth-network/1", "input": [1], "nodes": [{"op": "dense", "weight": "x"}]},
    "NAME.weight and": {"format": "slth-network/1", "input": [1], "nodes": [{**DENSE, "bias": None}]},
    "and NAME.bias": {"format": "slth-network/1", "input": [1], "nodes": [{**DENSE, "bias": "1.bias"}]},
    "uses a layer twice": {"format": "slth-network/1", "input": [1], "nodes": [DENSE, {"op": "relu"}, DENSE]},
}


CONV = {"op": "conv", "weight": "0.weight", "stride": [1, 1], "padding": [0, 0]}
POOL = {"op": "maxpool", "kernel": [2, 2], "stride": [2, 2]}
SLOPE = {"op": "leaky_relu", "slope": "0x1.999999999999ap-4"}
BAD_NODES = {
    r"node 1 \(conv\) does not have the keys": ({"op": "conv"}, {**CONV, "kernel": [1, 1]}, {**CONV, "groups": 1}),
    "kernel, stride and padding are": ({**CONV, "stride": [0, 1]}, {**CONV, "padding": [1]}, {**CONV, "stride": 2}),
    "sizes up to 4096": ({**POOL, "kernel": [1, 5000]}, {**POOL, "stride": [True, 1]}, {**POOL, "kernel": None}),
    r"\(maxpool\) does not have": ({"op": "maxpool"}, {**POOL, "padding": [0, 0]}),
    "slope must be a hexadecimal float": tuple(
        {**SLOPE, "slope": slope}
        for slope in (
            0,
            "0.1",
            "0x1p-3",
            "-0x1.8000000000000p-3",
            "0x1.8000000000000p+3",
            "0x0.0p+0",
            "nan",
            "0x1" * 99,
        )
    ),
    r"\(leaky_relu\) does not have": ({"op": "leaky_relu"}, {**SLOPE, "op": "relu"} | {"op": "leaky_relu", "x": 1}),
    r"\(tanh\) does not have": ({"op": "tanh", "slope": "0x1.8000000000000p-3"},),
    r"\(relu\): inputs must list the 1 earlier": tuple(
        {"op": "relu", "inputs": inputs} for inputs in ([1], [-2], [0, 0], [], 0, None, ["0"], [True], [False])
    ),
    r"\(add\): inputs must list the 2 earlier": (
        {"op": "add"},
        {"op": "add", "inputs": [0]},
        {"op": "add", "inputs": [0, 1]},
    ),
    "must name its tensors": ({**CONV, "weight": "x"}, {**CONV, "bias": "1.bias"}),
}


@pytest.mark.parametrize(("reason", "node"), [(reason, node) for reason, nodes in BAD_NODES.items() for node in nodes])
def test_bad_nodes(reason, node):
    text = {"format": "slth-network/1", "input": [1, 9, 9], "nodes": [{**CONV, "weight": "9.weight"}, node]}
    with pytest.raises(BadFile, match=reason) as caught:
        parse_plan(json.dumps(text), "arch")
    assert str(caught.value).isprintable() and len(str(caught.value)) < 300


@pytest.mark.parametrize("reason", PLANS)
def test_bad_plans(reason):
    with pytest.raises(BadFile if "too large" not in reason else BadInput, match=reason):
        parse_plan(json.dumps(PLANS[reason]), "arch")


def test_a_folder_is_no_architecture(tmp_path):
    with pytest.raises(BadFile, match="is a folder"):
        parse_arch(tmp_path)
