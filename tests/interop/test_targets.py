"""Real trained networks, where the shared data are at hand, and the one that comes with the examples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from slth.core.errors import BadFile, BadInput
from slth.core.network import Conv, Flatten, Network
from slth.interop.read import inspect, read, write_target

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_the_example_target_knows_its_digits():
    digits = pytest.importorskip("sklearn.datasets").load_digits()
    split = pytest.importorskip("sklearn.model_selection").train_test_split
    target = read(EXAMPLES / "digits.pt")
    assert [layer.shape for layer in target.network.affine] == [(32, 64), (10, 32)]
    assert all(layer.bias is not None for layer in target.network.affine)
    assert (EXAMPLES / "digits.pt").stat().st_size < 30_000
    y = digits.target
    _, x, _, y = split(digits.data / 16, y, test_size=0.2, random_state=0, stratify=y)
    correct = int((target.network(x).argmax(1) == y).sum())
    assert (correct, len(y)) == (349, 360)


def test_targets_beyond_the_format_are_not_written(tmp_path):
    conv = Conv(np.ones((1, 1, 3, 3)), None, (1, 1), (1, 1))
    reason = r"node 0 \(conv\) has 4198401 numbers with its padding; a target has at most 4194304 there"
    with pytest.raises(BadInput, match=reason):
        write_target(Network((conv, Flatten()), (1, 2047, 2047)), tmp_path / "target")
    assert not (tmp_path / "target").exists()
    write_target(Network((conv, Flatten()), (1, 2046, 2046)), tmp_path / "target")


@pytest.mark.shared
def test_the_target_of_pensia_et_al(tmp_path, shared):
    target = read(shared / "targets" / "pensia-fc2.pt")
    first, second = (layer.weight for layer in target.network.affine)
    assert (first.shape, second.shape) == ((500, 784), (10, 500))
    assert target.source_format == "torch legacy" and target.original_dtype == "float32"
    assert "the layers fc1, fc2 in this order, ReLU between them" in target.notes[0]
    extremes = [float(extreme) for weight in (first, second) for extreme in (weight.min(), weight.max())]
    np.testing.assert_allclose(extremes, (-0.404, 0.366, -0.464, 0.541), atol=5e-4)
    small = [100 * float((abs(weight) < 0.01).mean()) for weight in (first, second)]
    np.testing.assert_allclose(small, (68.5, 27.8), atol=0.06)
    write_target(target.network, tmp_path / "target")
    assert read(tmp_path / "target").network.digest == target.network.digest
    assert read(shared / "targets" / "pensia-fc2.pt", "784-500-10:nobias").network.digest == target.network.digest


@pytest.mark.shared
def test_lenet_is_described_and_asks_for_its_architecture(shared):
    path = shared / "targets" / "lenet5-mnist.safetensors"
    with pytest.raises(BadFile, match="the weights fit --arch lenet5"):
        read(path)
    found = inspect(path)
    assert len(found["tensors"]) == 10 and "--arch lenet5" in found["problem"]
    assert sum(int(np.prod(line["shape"])) for line in found["tensors"]) == 107_786
    assert inspect(path, "lenet5")["architecture"].startswith("1x28x28; conv 6 5x5 same; relu; maxpool 2; conv 16")
