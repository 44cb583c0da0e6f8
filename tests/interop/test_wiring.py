"""Where BatchNorm may be folded, and what an architecture may end with."""

from __future__ import annotations

import numpy as np
import pytest

from slth.core.errors import BadFile
from slth.interop.read import read
from slth.interop.safetensors import write_container


def tensors(convs=2, norms=1):
    rng = np.random.default_rng(0)
    found = {f"c{k}.weight": rng.standard_normal((2, 2, 1, 1)).astype(np.float32) for k in range(convs)}
    for k in range(norms):
        found |= {f"n{k}.running_mean": rng.standard_normal(2), f"n{k}.running_var": rng.random(2)}
        found |= {f"n{k}.weight": rng.standard_normal(2), f"n{k}.bias": rng.standard_normal(2)}
    return found


def normed(x, found, name, eps=1e-5):
    parts = [found[f"{name}.{part}"][:, None, None] for part in ("running_mean", "running_var", "weight", "bias")]
    return (x - parts[0]) / np.sqrt(parts[1] + eps) * parts[2] + parts[3]


def conv(x, found, name):
    return np.einsum("oi,nihw->nohw", found[f"{name}.weight"][:, :, 0, 0].astype(float), x)


def test_both_branches_have_their_own_norm(tmp_path):
    found = tensors(3, 3)
    write_container(tmp_path / "net", {}, found)
    line = "2x3x3; conv 2 1; norm; relu; save a; conv 2 1; norm eps 0.5; save b; from a; conv 2 1; norm; add b; tanh"
    target = read(tmp_path / "net", line)
    x = np.random.default_rng(1).standard_normal((4, 2, 3, 3))
    first = np.maximum(normed(conv(x, found, "c0"), found, "n0"), 0)
    second = normed(conv(first, found, "c1"), found, "n1", 0.5)
    third = normed(conv(first, found, "c2"), found, "n2")
    np.testing.assert_allclose(target.network(x), np.tanh(second + third), atol=1e-12)
    assert {layer.weight.dtype.name for layer in target.network.affine} == {"float64"}
    assert target.notes[-1].endswith("in float64; the file does not say its eps, taken as 1e-05")


UNFOLDABLE = {
    "before and behind": "2x3x3; conv 2 1; save a; norm; add a; tanh; conv 2 1",
    "the same after a step": "2x3x3; conv 2 1; save a; norm; tanh; conv 2 1; add a",
    "after an activation": "2x3x3; conv 2 1; relu; norm; conv 2 1",
    "after a pool": "2x3x3; conv 2 1; maxpool 2; norm; conv 2 1",
    "on the input": "2x3x3; norm; conv 2 1; relu; conv 2 1",
    "on a sum": "2x3x3; save a; conv 2 1; add a; norm; relu; conv 2 1",
}


@pytest.mark.parametrize("case", UNFOLDABLE)
def test_what_cannot_be_folded(tmp_path, case):
    write_container(tmp_path / "net", {}, tensors())
    with pytest.raises(BadFile, match="BatchNorm n0 does not directly follow a Linear or Conv2d layer that feeds noth"):
        read(tmp_path / "net", UNFOLDABLE[case])


def test_two_norms_in_a_row(tmp_path):
    write_container(tmp_path / "net", {}, tensors(1, 2))
    with pytest.raises(BadFile, match="BatchNorm n1 does not directly follow"):
        read(tmp_path / "net", "2x3x3; conv 2 1; norm; norm")


def test_the_output_is_what_is_computed_last(tmp_path):
    write_container(tmp_path / "net", {}, {"a.weight": np.ones((3, 4)), "b.weight": np.ones((3, 3))})
    assert len(read(tmp_path / "net", "4; dense 3; relu; dense 3; flatten").network.nodes) == 3
    line = "4; dense 3; save a; relu; dense 3; from a; flatten"
    with pytest.raises(BadFile, match="does not end with what it computes last"):
        read(tmp_path / "net", line)
    line = "4; dense 3; relu; save a; dense 3; from a; relu"
    with pytest.raises(BadFile, match="does not end with what it computes last"):
        read(tmp_path / "net", line)
