"""Which layer of the file each step of an architecture stands for: by name, or in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from slth.core.errors import BadFile
from slth.interop.files import shown
from slth.interop.states import Layer, Loaded, Norm
from slth.interop.steps import WEIGHTED, Plan, Step

KINDS = {"dense": "Linear", "conv": "Conv2d", "norm": "BatchNorm"}


def assigned(plan: Plan, loaded: Loaded) -> list[Layer | Norm | None]:
    """The layer of every step, None where it has none; an optional step may go without.

    Raises
    ------
    BadFile
        When layers are missing, left over, or not as the plan says.
    """
    steps = [step for step in plan.steps if step.op in WEIGHTED]
    if not loaded.norms:
        steps = [step for step in steps if step.op != "norm" or not step.optional]
    _check_counts(steps, loaded)
    named = any(step.layer is not None for step in steps)
    if named and any(step.layer is None for step in steps):
        raise BadFile("the architecture names some of its layers; name all or none")
    chosen = _by_name(steps, loaded) if named else _in_order(steps, loaded)
    for step, found in zip(steps, chosen, strict=True):
        if isinstance(found, Layer):
            _check(step, found)
    if all(step.op == "dense" and step.feeds is None for step in steps):
        _check_chain([layer for layer in chosen if isinstance(layer, Layer)])
    waiting = iter(chosen)
    kept = {id(step) for step in steps}
    return [next(waiting) if id(step) in kept else None for step in plan.steps]


def _check_counts(steps: Sequence[Step], loaded: Loaded) -> None:
    """Whether the file has as many layers as the steps ask for; a 1 x 1 convolution may serve as a dense layer."""
    wanted = [sum(step.op == op for step in steps) for op in ("conv", "dense", "norm")]
    convs = sum(layer.op == "conv" for layer in loaded.layers)
    there = [convs, len(loaded.layers) - convs, len(loaded.norms)]
    if wanted[0] + wanted[1] == there[0] + there[1] > 0 and wanted[0] <= there[0] and wanted[2] == there[2]:
        return
    if not wanted[2] and there[2]:
        raise BadFile(
            f"has {there[2]} BatchNorm layers, the architecture has none; write norm behind each layer that one follows"
        )
    everything: list[Layer | Norm] = [*loaded.layers, *loaded.norms]
    names = ", ".join(layer.label for layer in everything[:12])
    if any((wanted[0], wanted[2], there[0], there[2])):
        said = [f"{counts[0]} Conv2d, {counts[1]} Linear and {counts[2]} BatchNorm" for counts in (wanted, there)]
    else:
        said = [f"{wanted[1]} Linear", str(there[1])]
    raise BadFile(f"the architecture has {said[0]} layers, the file has {said[1]} ({names})")


def _by_name(steps: Sequence[Step], loaded: Loaded) -> list[Layer | Norm]:
    everything: list[Layer | Norm] = [*loaded.layers, *loaded.norms]
    known = {(isinstance(layer, Norm), layer.name): layer for layer in everything}
    order: list[Layer | Norm] = []
    for step in steps:
        found = known.pop((step.op == "norm", step.layer or ""), None)
        if found is None:
            raise BadFile(f"layer {shown(step.layer or 'weight', 80)} of the architecture is not in the file")
        order.append(found)
    return order


def _in_order(steps: Sequence[Step], loaded: Loaded) -> list[Layer | Norm]:
    """Each kind in its own order, since a file sorted by name may put dense layers before convolutions."""
    dense = [layer for layer in loaded.layers if layer.op == "dense"]
    convs = [layer for layer in loaded.layers if layer.op == "conv"]
    spare = sum(step.op == "dense" for step in steps) - len(dense)
    if spare:
        # 1 x 1 convolutions that are used as dense layers: only the order of the whole file tells which
        affine = iter(loaded.layers)
        pools = {"dense": affine, "conv": affine}
    else:
        pools = {"dense": iter(dense), "conv": iter(convs)}
    norms = iter(loaded.norms)
    return [next(norms) if step.op == "norm" else next(pools[step.op]) for step in steps]


def _check(step: Step, layer: Layer) -> None:
    if step.op != layer.op and not (step.op == "dense" and layer.weight.shape[2:] == (1, 1)):
        raise BadFile(f"layer {layer.label} is a {KINDS[layer.op]}, the architecture says {KINDS[step.op]}")
    if step.width is not None and step.width != layer.shape[0]:
        raise BadFile(f"layer {layer.label} gives {layer.shape[0]} outputs, the architecture says {step.width}")
    if step.op == "conv" and step.kernel is not None and step.kernel != layer.weight.shape[2:]:
        sizes = ["x".join(map(str, kernel)) for kernel in (layer.weight.shape[2:], step.kernel)]
        raise BadFile(f"layer {layer.label} has the kernel {sizes[0]}, the architecture says {sizes[1]}")
    if step.bias is not None and step.bias != (layer.bias is not None):
        has = "no bias" if layer.bias is None else "a bias"
        raise BadFile(f"layer {layer.label} has {has}, the architecture says otherwise")


def _check_chain(order: Sequence[Layer]) -> None:
    for before, after in pairwise(order):
        if before.shape[0] != after.shape[1]:
            raise BadFile(
                f"layer {after.label} takes {after.shape[1]} inputs but {before.label} gives {before.shape[0]}; "
                "pass --arch with a JSON file that names the layers in order"
            )


def canonical_names(plan: Plan) -> bool:
    """Whether the affine layers of a plan are called 0, 1, 2, ...: then they may stand for any layers in order."""
    names = [step.layer for step in plan.steps if step.op in ("dense", "conv")]
    return names == [str(number) for number in range(len(names))]


def positional(plan: Plan) -> Plan:
    """The same plan with its layers taken in order instead of by name."""
    return replace(plan, steps=tuple(replace(step, layer=None) for step in plan.steps))
