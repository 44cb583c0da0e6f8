"""Networks saved by torch in every usual way compute the same numbers after slth has read them without torch."""

from __future__ import annotations

import subprocess
import sys
from collections import deque

import numpy as np
import pytest

from slth.core.errors import BadFile
from slth.core.network import Flatten
from slth.interop.read import inspect, read, write_target

torch = pytest.importorskip("torch")
from torch import nn
from torch.nn.utils import prune


class Custom(nn.Module):
    """A module of a user's own class."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(4, 5)
        self.act = nn.ReLU()
        self.fc2 = nn.Linear(5, 3)

    def forward(self, x):
        return self.fc2(self.act(self.fc1(x)))


def plain(bias=True):
    return nn.Sequential(nn.Linear(4, 5, bias=bias), nn.ReLU(), nn.Linear(5, 3, bias=bias))


def nested():
    inner = nn.Sequential(nn.ReLU(), nn.Dropout(0.3), nn.Sequential(nn.Linear(5, 6), nn.ReLU()), nn.Identity())
    return nn.Sequential(nn.Flatten(), nn.Linear(4, 5), inner, nn.Linear(6, 3), nn.ReLU())


def pruned():
    net = plain()
    prune.l1_unstructured(net[0], "weight", 0.5)
    prune.random_unstructured(net[0], "weight", 0.3)
    prune.random_unstructured(net[2], "bias", 0.5)
    return net


def shared_layer():
    layer = nn.Linear(4, 4)
    return nn.Sequential(layer, nn.ReLU(), layer)


def transposed():
    net = plain()
    net[0].weight = nn.Parameter(net[0].weight.detach().t().contiguous().t())
    return net


def one_storage():
    net = plain()
    flat = torch.cat([p.detach().flatten() for p in net.parameters()])
    for parameter in net.parameters():
        parameter.data, flat = flat[: parameter.numel()].view(parameter.shape), flat[parameter.numel() :]
    return net


MAKERS = {
    "plain": plain,
    "no bias": lambda: plain(bias=False),
    "nested": nested,
    "pruned": pruned,
    "shared layer": shared_layer,
    "transposed": transposed,
    "one storage": one_storage,
    "float16": lambda: plain().half(),
    "bfloat16": lambda: plain().bfloat16(),
    "float64": lambda: plain().double(),
    "single layer": lambda: nn.Sequential(nn.Linear(4, 3)),
}
WRAPS = {
    "module": lambda net: net,
    "parallel": nn.DataParallel,
    "state": lambda net: net.state_dict(),
    "parameters": lambda net: {k: nn.Parameter(v) for k, v in net.state_dict().items()},
    "prefixed": lambda net: {f"module._orig_mod.{k}": v for k, v in net.state_dict().items()},
    "checkpoint": lambda net: {"epoch": 3, "model_state_dict": net.state_dict(), "optimizer": {"lr": 0.1}},
    "nested checkpoint": lambda net: {"model": {"state_dict": net.state_dict()}},
    "module in checkpoint": lambda net: {"model": net, "epoch": 1},
}


@pytest.mark.parametrize("form", ["zip", "legacy", "zip, protocol 4", "legacy, protocol 5"])
@pytest.mark.parametrize("wrap", WRAPS)
@pytest.mark.parametrize("maker", MAKERS)
def test_reads_what_torch_saved(tmp_path, maker, wrap, form):
    torch.manual_seed(len(maker))
    net = MAKERS[maker]()
    kept = isinstance(WRAPS[wrap](net), nn.Module) or wrap == "module in checkpoint"
    if maker == "nested" and not kept:
        net = net[:-1]  # a state_dict cannot say that a ReLU is last
    protocol = int(form[-1]) if form[-1].isdigit() else 2
    path = tmp_path / "net.bin"
    torch.save(WRAPS[wrap](net), path, _use_new_zipfile_serialization="zip" in form, pickle_protocol=protocol)
    target = read(path)
    x = torch.rand(7, 4, dtype=torch.float64) - 0.5
    wanted = net.double().eval()(x).detach().numpy()
    np.testing.assert_allclose(target.network(x.numpy()), wanted, rtol=0, atol=1e-12)
    assert target.source_format.startswith("torch zip" if "zip" in form else "torch legacy")
    assert target.original_dtype == (maker if "float" in maker else "float32")
    assert {layer.weight.dtype.name for layer in target.network.affine} == {
        "float64" if maker == "float64" else "float32"
    }
    assert any("does not say its architecture" in note for note in target.notes) != kept
    write_target(target.network, tmp_path / "canonical")
    again = read(tmp_path / "canonical")
    assert again.network.digest == target.network.digest and again.notes == ()


def test_a_saved_sequential_keeps_its_flatten(tmp_path):
    torch.save(nested(), tmp_path / "net.pt")
    assert isinstance(read(tmp_path / "net.pt").network.nodes[0], Flatten)


def test_half_precision_is_converted_exactly(tmp_path):
    bits = torch.arange(1 << 16, dtype=torch.int32).to(torch.uint16)
    for dtype in (torch.float16, torch.bfloat16):
        values = bits.view(dtype)
        finite = values[torch.isfinite(values)].clone()
        torch.save({"a.weight": finite[None]}, tmp_path / "net.pt")
        weight = read(tmp_path / "net.pt").network.affine[0].weight
        assert weight.dtype == np.float32 and weight.tobytes() == finite.float().numpy().tobytes()


def test_a_custom_module_is_shown_and_needs_arch(tmp_path):
    net = Custom()
    torch.save(net, tmp_path / "net.pt")
    with pytest.raises(BadFile, match=r"forward\(\) is code.*pass --arch, or export it to ONNX") as caught:
        read(tmp_path / "net.pt")
    assert "fc1: Linear(4, 5), act: ReLU, fc2: Linear(5, 3)" in str(caught.value)
    x = torch.rand(5, 4, dtype=torch.float64)
    found = read(tmp_path / "net.pt", "4-5-3").network
    np.testing.assert_allclose(found(x.numpy()), net.double()(x).detach().numpy(), atol=1e-12)
    assert inspect(tmp_path / "net.pt")["tree"] == (
        "Custom",
        "  fc1: Linear(4, 5)",
        "  act: ReLU",
        "  fc2: Linear(5, 3)",
    )


BAD_TENSORS = {
    "strided view": lambda eye: eye.repeat(2, 2)[:3, :3],
    "expanded": lambda eye: torch.ones(3, 1).expand(3, 3),
    "meta tensor": lambda eye: torch.empty(10**6, 10**6, device="meta"),
    "is sparse": lambda eye: eye.to_sparse(),
    "is quantised": lambda eye: torch.quantize_per_tensor(eye, 0.1, 0, torch.qint8),
    "complex64": lambda eye: eye.to(torch.complex64),
    "holds int32": lambda eye: eye.int(),
    "holds bool": lambda eye: eye.bool(),
    "number type": lambda eye: eye.to(torch.float8_e4m3fn),
    "negated": lambda eye: torch._neg_view(eye),
    "NaN or infinity": lambda eye: eye / 0,
    "is empty|strided view": lambda eye: torch.ones(3, 0),
    "convolutions in 1 dimension are not supported, only Conv2d": lambda eye: torch.ones(3, 3, 1),
    "convolutions in 3 dimensions are not": lambda eye: torch.ones(3, 3, 1, 1, 1),
    "normalisation without running statistics": lambda eye: torch.ones(3),
    "two dimensions": lambda eye: torch.tensor(1.0),
}


@pytest.mark.filterwarnings("ignore:torch.quantize")
@pytest.mark.parametrize("reason", BAD_TENSORS)
def test_refuses_tensors_that_are_no_plain_floats(tmp_path, reason):
    torch.save({"fc.weight": BAD_TENSORS[reason](torch.eye(3))}, tmp_path / "net.pt")
    with pytest.raises(BadFile, match=f"net.pt: tensor fc.weight.*({reason})"):
        read(tmp_path / "net.pt")


LINEAR = {"weight": torch.eye(2)}
BAD_VALUES = {
    "single tensor": torch.eye(2),
    "value of type list": [torch.eye(2)],
    "several networks": {"model": LINEAR, "state_dict": LINEAR},
    "holds no tensors but a dictionary": {"epoch": 1, "numbers": [1]},
    "an empty dictionary": {},
    "neither a tensor nor a number": {"a.weight": torch.eye(2), "b": [1]},
    "knows weight and bias of Linear and Conv2d": {"a.gamma": torch.eye(2)},
    "BatchNorm a lacks running statistics": {"a.weight": torch.ones(2), "a.running_mean": torch.ones(2)},
    "its running statistics differ": {"a.running_var": torch.ones(1), "a.running_mean": torch.ones(2)},
    "its tensors differ in shape": {
        "a.running_var": torch.ones(2),
        "a.running_mean": torch.ones(2),
        "a.bias": torch.ones(3),
    },
    "BatchNorm has one dimension": {"a.weight": torch.eye(2), "a.running_mean": torch.ones(2)},
    "weight but no|bias but no weight": {"a.bias": torch.ones(2)},
    "does not fit the weight": {"a.weight": torch.eye(2), "a.bias": torch.ones(3)},
    "takes 4 inputs but a gives 2": {"a.weight": torch.eye(2), "b.weight": torch.ones(3, 4)},
    "has no weight_mask": {"a.weight_orig": torch.eye(2)},
    "must hold 0 and 1": {"a.weight_orig": torch.eye(2), "a.weight_mask": torch.full((2, 2), 0.5)},
    "in the shape": {"a.weight_orig": torch.eye(2), "a.weight_mask": torch.ones(2, 1)},
    "beside its own original": {"a.weight_orig": torch.eye(2), "a.weight": torch.eye(2)},
    "no tensor to mask": {"a.weight": torch.eye(2), "a.bias_mask": torch.ones(2)},
    "object of class": deque([1]),
}


@pytest.mark.parametrize("reason", BAD_VALUES)
def test_refuses_what_is_no_network(tmp_path, reason):
    torch.save(BAD_VALUES[reason], tmp_path / "net.pt")
    with pytest.raises(BadFile, match=reason) as caught:
        read(tmp_path / "net.pt")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bool, torch.uint8])
def test_a_bare_mask_is_multiplied_in(tmp_path, dtype):
    weight, mask = torch.tensor([[1.0, -2.0], [3.0, 4.0]]), torch.tensor([[1, 0], [0, 1]], dtype=dtype)
    torch.save({"fc.weight": weight, "fc.weight_mask": mask}, tmp_path / "net.pt")
    target = read(tmp_path / "net.pt")
    assert target.network.affine[0].weight.tolist() == [[1, 0], [0, 4]]
    assert target.notes[0] == "pruning masks multiplied into the weights of: fc"


def test_inspect_describes_what_read_refuses(tmp_path):
    torch.save({"conv.weight": torch.arange(4.0).reshape(1, 1, 2, 2), "n": 3}, tmp_path / "net.pt")
    found = inspect(tmp_path / "net.pt")
    assert found["architecture"] is None and '--arch "1x28x28; conv 1 2x2' in found["problem"]
    assert found["tensors"][0] == {
        "name": "conv.weight",
        "shape": (1, 1, 2, 2),
        "dtype": "float32",
        "minimum": 0.0,
        "maximum": 3.0,
        "problem": None,
    }
    torch.save(plain().state_dict(), tmp_path / "net.pt")
    found = inspect(tmp_path / "net.pt")
    assert found["architecture"] == "4-5-3" and found["problem"] is None
    assert found["digest"] == read(tmp_path / "net.pt").network.digest


def test_reading_needs_no_torch(tmp_path):
    torch.save(nested(), tmp_path / "net.pt")
    code = f"""
import sys
from slth.interop.read import read, inspect
from slth.interop.export import export_network
network = read({str(tmp_path / "net.pt")!r}).network
export_network(network, {str(tmp_path / "out.safetensors")!r})
sys.exit(any(name in sys.modules for name in ("torch", "numba", "matplotlib", "safetensors")))
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
