"""A plan: an architecture before the weights are put in."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from slth.core.errors import BadFile
from slth.core.network import Activation, Dense, Flatten, Network, Node
from slth.interop.files import shown
from slth.interop.states import Layer


@dataclass(frozen=True)
class Step:
    """One operation: "dense", "relu" or "flatten".

    Parameters
    ----------
    op : str
    layer : str or None
        Name in the file of a dense layer; None takes the layers in order.
    width : int or None
        Outputs of a dense layer where the plan says so.
    bias : bool or None
        Whether a dense layer has a bias; None where the plan leaves it to the file.
    """

    op: str
    layer: str | None = None
    width: int | None = None
    bias: bool | None = None


@dataclass(frozen=True)
class Plan:
    """Operations in order, the shape of one input where it is known, and notes for the user."""

    input_shape: tuple[int, ...] | None
    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()


def build(plan: Plan, layers: Sequence[Layer]) -> Network:
    """Put the layers of a file into a plan.

    A Flatten is kept only in front and a ReLU after a ReLU is dropped: neither changes the function.

    Raises
    ------
    BadFile
        When layers are missing, left over or do not chain, for two dense layers without a ReLU between them,
        and for a ReLU on the input.
    """
    order = _assigned(plan, layers)
    _check_chain(order)
    width = order[0].shape[1]
    if plan.input_shape is not None and math.prod(plan.input_shape) != width:
        raise BadFile(f"layer {_label(order[0])} takes {width} inputs, the architecture has {plan.input_shape}")
    nodes: list[Node] = []
    waiting = iter(order)
    for step in plan.steps:
        last = nodes[-1] if nodes else None
        if step.op == "dense":
            layer = next(waiting)
            if isinstance(last, Dense):
                raise BadFile(f"no activation before layer {_label(layer)}: merge the two Linear layers into one")
            nodes.append(Dense(layer.weight, layer.bias))
        elif step.op == "relu" and not isinstance(last, Activation):
            if not isinstance(last, Dense):
                raise BadFile("a ReLU before the first Linear layer is not supported")
            nodes.append(Activation("relu"))
        elif step.op == "flatten" and last is None:
            nodes.append(Flatten())
    return Network(tuple(nodes), plan.input_shape or (width,))


def _label(layer: Layer) -> str:
    return shown(layer.name or "weight", 80)


def _assigned(plan: Plan, layers: Sequence[Layer]) -> list[Layer]:
    """The layer of every dense step: by name where the plan gives names, else in order."""
    dense = [step for step in plan.steps if step.op == "dense"]
    known = {layer.name: layer for layer in layers}
    if len(dense) != len(layers) or not dense:
        names = ", ".join(_label(layer) for layer in layers[:12])
        raise BadFile(f"the architecture has {len(dense)} Linear layers, the file has {len(layers)} ({names})")
    order: list[Layer] = []
    for step, following in zip(dense, layers, strict=True):
        layer = following if step.layer is None else known.pop(step.layer, None)
        if layer is None:
            raise BadFile(f"layer {shown(step.layer or 'weight', 80)} of the architecture is not in the file")
        if step.width is not None and step.width != layer.shape[0]:
            raise BadFile(f"layer {_label(layer)} gives {layer.shape[0]} outputs, the architecture says {step.width}")
        if step.bias is not None and step.bias != (layer.bias is not None):
            has = "no bias" if layer.bias is None else "a bias"
            raise BadFile(f"layer {_label(layer)} has {has}, the architecture says otherwise")
        order.append(layer)
    return order


def _check_chain(order: Sequence[Layer]) -> None:
    for before, after in pairwise(order):
        if before.shape[0] != after.shape[1]:
            raise BadFile(
                f"layer {_label(after)} takes {after.shape[1]} inputs but {_label(before)} gives {before.shape[0]}; "
                "pass --arch with a JSON file that names the layers in order"
            )


def summary(network: Network) -> str:
    """Widths in short, for example `784-500-10`."""
    return "-".join(str(width) for width in (network.dense[0].shape[1], *(d.shape[0] for d in network.dense)))
