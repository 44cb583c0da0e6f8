"""What --arch means in a search: the architecture of a data set's pictures and classes, weights aside."""

from __future__ import annotations

from dataclasses import replace

from slth.core.architecture import Architecture, Norm, Part, Slot
from slth.core.errors import BadInput
from slth.core.network import INPUT
from slth.core.nodes import Activation, Add, Flatten, Pool, Shape
from slth.interop.architecture import parse_arch
from slth.interop.files import shown
from slth.interop.steps import Plan, Step

WIDEST = 1000
ALWAYS_NORMED = ("resnet20",)


def architecture_for(
    spec: str, shape: Shape, classes: int, *, width: float = 1.0, norm: bool | None = None, bias: bool = False
) -> Architecture:
    """The architecture that a text names, for pictures of a shape.

    Parameters
    ----------
    spec : str
        As for `slth approximate --arch`: a name (conv4), widths (784-300-10) or a text.
    shape : (channels, height, width)
    classes : int
        Outputs of the last dense layer.
    width : float
        Factor on the width of every hidden layer.
    norm : bool, optional
        Whether named architectures normalise behind their convolutions; by default only ResNets do.
    bias : bool
        Whether dense layers have a bias, where the text leaves it open.

    Raises
    ------
    BadInput
        For a text that is no architecture, or one that pictures or classes do not fit.
    """
    plan = parse_arch(spec)
    if not 0 < width <= WIDEST:
        raise BadInput(f"--width is a factor above 0 and at most {WIDEST}, not {width:g}")
    wanted = plan.name in ALWAYS_NORMED if norm is None else norm
    given = plan.input_shape
    if given is not None and not plan.movable and given != shape and given != (shape[0] * shape[1] * shape[2],):
        raise BadInput(f"--arch {shown(spec, 80)} takes inputs of shape {given}, the data has pictures of {shape}")
    try:
        built = _built(plan, shape, classes, width, wanted, bias)
    except BadInput as error:
        raise BadInput(f"--arch {shown(spec, 80)}: {error}") from None
    if built.shapes[-1] != (classes,):
        raise BadInput(f"--arch {shown(spec, 80)} puts out {built.shapes[-1]}, the data has {classes} classes")
    return built


def _built(plan: Plan, shape: Shape, classes: int, width: float, norm: bool, bias: bool) -> Architecture:
    """The nodes of a plan's steps; steps that are left out hand on what fed them."""
    nodes: list[Part] = []
    inputs: list[tuple[int, ...]] = []
    shapes: dict[int, Shape] = {INPUT: shape}
    place = {INPUT: INPUT}
    last = max((number for number, step in enumerate(plan.steps) if step.op in ("dense", "conv")), default=-1)
    for number, (step, feeds) in enumerate(zip(plan.steps, plan.feeds, strict=True)):
        feed = tuple(place[f] for f in feeds)
        if step.op == "identity" or (step.op == "norm" and step.optional and not norm):
            place[number] = feed[0]
            continue
        scaled = replace(step, width=_wide(step, classes, width, number == last))
        node = _node(scaled, shapes[feed[0]], bias)
        nodes.append(node)
        inputs.append(feed)
        place[number] = len(nodes) - 1
        shapes[place[number]] = node.out_shape(*(shapes[f] for f in feed))
    return Architecture(tuple(nodes), shape, tuple(inputs))


def _wide(step: Step, classes: int, width: float, last: bool) -> int | None:
    if step.width is None or last:
        return step.width or (classes if last else None)
    return max(1, round(step.width * width))


def _node(step: Step, shape: Shape, bias: bool) -> Part:
    if step.op == "dense":
        if step.width is None:
            raise BadInput("a dense layer that is not the last needs its width")
        size = 1
        for side in shape:
            size *= side
        return Slot(step.width, size, bias=bias if step.bias is None else step.bias)
    if step.op == "conv":
        if step.width is None or step.kernel is None or len(shape) != 3:
            raise BadInput(f"a convolution needs its width, its kernel and pictures, not {shape}")
        return Slot(step.width, shape[0], step.kernel, step.stride or (1, 1), step.padding, bool(step.bias))
    if step.op == "norm":
        return Norm(1e-5 if step.eps is None else step.eps)
    if step.op in ("maxpool", "meanpool") and step.kernel is not None:
        return Pool(step.op[: -len("pool")], step.kernel, step.stride or step.kernel)
    if step.op == "spread" and step.kernel is not None and len(shape) == 3:
        sides = (shape[1] // step.kernel[0], shape[2] // step.kernel[1])
        return Pool("mean", sides, sides)
    if step.op == "flatten":
        return Flatten()
    return Add() if step.op == "add" else Activation(step.op, step.slope)
