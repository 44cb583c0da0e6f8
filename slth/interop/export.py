"""Networks back into files: the canonical target, state_dicts that torch loads, and the Python that loads them."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from slth.core.atomic import write_atomic
from slth.core.errors import BadInput, Unavailable
from slth.core.network import INPUT, Activation, Add, Array, Conv, Dense, Network, Node, Pool
from slth.interop.files import shown
from slth.interop.onnxwrite import onnx_bytes
from slth.interop.targets import write_target

if TYPE_CHECKING:
    import torch

MODULES = {"relu": "nn.ReLU()", "tanh": "nn.Tanh()", "sigmoid": "nn.Sigmoid()"}


def export_network(network: Network, path: str | os.PathLike[str]) -> None:
    """Write a network where other programs can load it; the ending of the path decides how.

    `.safetensors` gives the canonical target, `.py` the Python of the torch module (no torch needed for either), `.pt`
    or `.pth` the state_dict of that module, whose modules are numbered as the network's nodes, `.onnx` an ONNX model.
    Module, state_dict and ONNX model are of `float_type`; inputs must be of that type as well.

    Raises
    ------
    BadInput
        For another ending.
    Unavailable
        When torch or onnx is needed and missing, or the place cannot be written.
    """
    name = os.fspath(path).lower()
    if name.endswith(".safetensors"):
        write_target(network, path)
    elif name.endswith((".pt", ".pth")):
        write_torch_state(network, path)
    elif name.endswith(".py"):
        write_atomic(path, [module_code(network).encode("ascii")])
    elif name.endswith(".onnx"):
        write_atomic(path, [onnx_bytes(network, float_type(network))])
    else:
        raise BadInput(f"{shown(os.fspath(path))}: give a name that ends in .pt, .pth, .onnx, .safetensors or .py")


def float_type(network: Network) -> np.dtype[Any]:
    """The one type that holds all weights exactly: float32 where that does, else float64."""
    with np.errstate(over="ignore", under="ignore"):
        arrays = network.tensors().values()
        exact = all(np.array_equal(array.astype(np.float32), array) for array in arrays)
    return np.dtype(np.float32 if exact else np.float64)


def to_torch_state(network: Network) -> dict[str, torch.Tensor]:
    """The state_dict of the module of `module_code`: the tensors are copies, all of `float_type`.

    Raises
    ------
    Unavailable
        When torch is not installed.
    """
    kind = float_type(network)
    return as_torch({name: array.astype(kind) for name, array in numbered(network).items()})


def numbered(network: Network) -> dict[str, Array]:
    """The tensors of a network by the number of their node: `0.weight`, `0.bias`, `3.weight`, ..."""
    return {
        f"{index}.{name}": array
        for index, node in enumerate(network.nodes)
        if isinstance(node, Dense | Conv)
        for name, array in node.tensors()
    }


def as_torch(state: Mapping[str, Array]) -> dict[str, torch.Tensor]:
    """Arrays as tensors, copied.

    Raises
    ------
    Unavailable
        When torch is not installed.
    """
    try:
        import torch
    except ImportError:
        raise Unavailable("writing .pt needs torch; install slth[torch] or write .safetensors") from None
    return {name: torch.from_numpy(array.copy()) for name, array in state.items()}


def write_torch_state(network: Network, path: str | os.PathLike[str]) -> None:
    """Write `to_torch_state` with torch.save, atomically."""
    save_torch(to_torch_state(network), path)


def save_torch(state: Mapping[str, torch.Tensor], path: str | os.PathLike[str]) -> None:
    """Write a state_dict with torch.save, atomically."""
    import torch

    buffer = io.BytesIO()
    torch.save(dict(state), buffer)
    write_atomic(path, [buffer.getvalue()])


def is_sequential(network: Network) -> bool:
    """Whether an nn.Sequential with one module for each node computes the network."""
    flat = all(
        len(network.input_shape if feeds[0] == INPUT else network.shapes[feeds[0]]) == 1
        for node, feeds in zip(network.nodes, network.inputs, strict=True)
        if isinstance(node, Dense)
    )
    return network.is_sequence and flat


def sequential_code(network: Network) -> str:
    """The line of Python that builds the nn.Sequential which loads the state_dict.

    Raises
    ------
    BadInput
        For a network that is no sequence.
    """
    if not is_sequential(network):
        raise BadInput("a network with sums is no nn.Sequential; module_code gives a class")
    return f"nn.Sequential({', '.join(module_line(node) for node in network.nodes)})"


def module_code(network: Network) -> str:
    """A Python file with `build()`, which gives the torch module, in `float_type`, that loads the state_dict."""
    kind = float_type(network).name
    cast = ".double()" if kind == "float64" else ""
    start = f'def build():\n    """The module in {kind}: its inputs must be {kind} as well."""\n'
    head = '"""A network as a torch module: build().load_state_dict(torch.load(PATH, weights_only=True))."""\n\n'
    head += f"from torch import nn\n\nINPUT = {network.input_shape!r}\n\n\n"
    if is_sequential(network):
        lines = "".join(f"        {module_line(node)},\n" for node in network.nodes)
        return f"{head}{start}    return nn.Sequential(\n{lines}    ){cast}\n"
    modules = "".join(
        f'        self.add_module("{number}", {module_line(node)})\n'
        for number, node in enumerate(network.nodes)
        if not isinstance(node, Add)
    )
    pairs = zip(network.nodes, network.inputs, strict=True)
    calls = "".join(f"        {_call(number, node, feeds)}\n" for number, (node, feeds) in enumerate(pairs))
    body = f"class Network(nn.Module):\n    def __init__(self):\n        super().__init__()\n{modules}\n"
    body += f"    def forward(self, x):\n        m = self._modules\n{calls}        return v{len(network.nodes) - 1}\n"
    return f"{head}{body}\n\n{start}    return Network(){cast}\n"


def _call(number: int, node: Node, feeds: tuple[int, ...]) -> str:
    values = ["x" if feed == INPUT else f"v{feed}" for feed in feeds]
    if isinstance(node, Add):
        return f"v{number} = {values[0]} + {values[1]}"
    flat = ".flatten(1)" if isinstance(node, Dense) else ""
    return f'v{number} = m["{number}"]({values[0]}{flat})'


def module_line(node: Node) -> str:
    """The Python that builds the torch module of one node."""
    if isinstance(node, Dense | Conv):
        out, into = node.shape
        bias = "" if node.bias is not None else ", bias=False"
        if isinstance(node, Dense):
            return f"nn.Linear({into}, {out}{bias})"
        return f"nn.Conv2d({into}, {out}, {node.kernel}, stride={node.stride}, padding={node.padding}{bias})"
    if isinstance(node, Pool):
        kind = "MaxPool2d" if node.kind == "max" else "AvgPool2d"
        return f"nn.{kind}({node.kernel}, stride={node.stride})"
    if isinstance(node, Activation):
        return MODULES.get(node.kind) or f"nn.LeakyReLU({node.slope!r})"
    return "nn.Flatten()"
