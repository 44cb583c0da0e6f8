"""What a bare state_dict lets one guess about its architecture, and the line to type where that is not enough."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

from slth.core.errors import BadFile
from slth.interop.files import shown
from slth.interop.named import NAMED, check_option, named
from slth.interop.plans import fits
from slth.interop.sizes import as_text
from slth.interop.spec import parse_spec
from slth.interop.states import Layer, Loaded
from slth.interop.steps import ONCE, Plan, Step

SIDES = (28, 32, 64, 96, 128, 224, 16, 8, 14, 40, 48, 56, 112, 256)
"""Heights of square pictures that are tried, the usual ones first."""
POOLINGS = (1, 2, 0)
"""Convolutions to one max pooling; 0 for none."""
MOST_LINES = 8
"""Texts that are compared with the weights; each costs a pass over them."""


def guess(loaded: Loaded) -> Plan:
    """The plan of a bare state_dict of Linear layers: in order, ReLU between them, none after the last; said in a note.

    Raises
    ------
    BadFile
        For convolutions and BatchNorm; the line shows what to type.
    """
    layers = loaded.layers
    if loaded.norms or not all(layer.op == "dense" for layer in layers):
        raise BadFile(_question(loaded))
    steps: list[Step] = []
    for layer in layers:
        steps += [Step("relu")] * bool(steps) + [Step("dense", layer.name)]
    order = ", ".join(shown(layer.name or "weight", 40) for layer in layers[:12])
    form = f"the layers {order} in this order, ReLU between them and none after the last"
    if len(layers) == 1:
        form = f"the single layer {order} without activation"
    notes = [f"the file does not say its architecture: read as {form}; pass --arch where that is wrong"]
    numbers = [int(tail) for layer in layers if (tail := layer.name.rpartition(".")[2][:9]).isdecimal()]
    if len(numbers) == len(layers) > 1 and numbers == list(range(numbers[0], numbers[0] + len(numbers))):
        notes.append(
            "the layers are numbered without gaps: were they one Sequential, no activation would stand between them"
        )
    return Plan(None, tuple(steps), tuple(notes))


def _question(loaded: Loaded) -> str:
    """What to ask the user, with a line to type that fits the weights where one was found."""
    unsaid = "the file does not say how its layers are padded, strided and pooled, nor the activations and input shape"
    unsaid += f" ({ONCE})"
    name = next((name for name in NAMED if fits(named(name), loaded)), None)
    if name is not None:
        return f"{unsaid}: the weights fit --arch {name}; pass that, or another architecture where it is wrong"
    check_option(Plan(None, (), name="resnet20"), loaded)
    for after, before in _breaks(loaded):
        return (
            f"{unsaid}, and its layers are no chain ({after.label} takes {after.shape[1]}, {before.label} gives "
            f"{before.shape[0]}): pass --arch as a text with save and add (docs/formats.md), or export it to ONNX"
        )
    lines = list(islice(_candidates(loaded), MOST_LINES))
    line = next((line for line in lines if fits(parse_spec(line), loaded)), lines[0])
    return f'{unsaid}: pass them like this, corrected where it is wrong: --arch "{line}"'


def _chain(loaded: Loaded) -> list[Layer]:
    """Convolutions in order, then dense layers in order: a file sorted by name may have them mixed."""
    return sorted(loaded.layers, key=lambda layer: layer.op)


def _breaks(loaded: Loaded) -> Iterator[tuple[Layer, Layer]]:
    chain = _chain(loaded)
    for before, after in pairwise(chain):
        ratio, rest = divmod(after.shape[1], before.shape[0])
        turn = before.op == "conv" and after.op == "dense"
        if rest or (ratio > 1 and not (turn and math.isqrt(ratio) ** 2 == ratio)):
            yield after, before


def _candidates(loaded: Loaded) -> Iterator[str]:
    """Texts with the sizes of the weights and the usual paddings, poolings and pictures."""
    chain = _chain(loaded)
    convs = [layer for layer in chain if layer.op == "conv"]
    if not convs:
        yield _line((chain[0].shape[1],) if chain else (1,), chain, loaded, "", 0, False)
        return
    dense = next((layer for layer in chain if layer.op == "dense"), None)
    end = None if dense is None else math.isqrt(dense.shape[1] // convs[-1].shape[0])
    first = True
    for side in SIDES:
        for pooling in POOLINGS:
            for padding in (" same", ""):
                reached = _end(side, convs, padding, pooling)
                if first or end in (None, reached) or (end == 1 and reached > 0):
                    shape = (convs[0].shape[1], side, side)
                    yield _line(shape, chain, loaded, padding, pooling, end == 1 and reached != 1)
                    first = False


def _end(side: int, convs: Sequence[Layer], padding: str, pooling: int) -> int:
    """Height of the picture after all convolutions and poolings."""
    for count, layer in enumerate(convs, 1):
        side -= 0 if padding and layer.weight.shape[2] % 2 else layer.weight.shape[2] - 1
        side //= 2 if pooling and count % pooling == 0 else 1
    return side


def _line(shape: Sequence[int], chain: Sequence[Layer], loaded: Loaded, padding: str, pooling: int, whole: bool) -> str:
    pieces = [as_text(shape)]
    norms = list(loaded.norms)
    convs = sum(layer.op == "conv" for layer in chain)
    for count, layer in enumerate(chain, 1):
        if layer.op == "conv":
            odd = layer.weight.shape[2] % 2 == layer.weight.shape[3] % 2 == 1 and layer.weight.shape[2:] != (1, 1)
            pieces.append(f"conv {layer.shape[0]} {as_text(layer.weight.shape[2:])}" + (padding if odd else ""))
        else:
            pieces.append(f"dense {layer.shape[0]}")
        if norms and len(norms[0].mean) == layer.shape[0]:
            norms.pop(0)
            pieces.append("norm")
        pieces += ["relu"] * (count < len(chain))
        if layer.op == "conv" and pooling and count % pooling == 0:
            pieces.append("maxpool 2")
        if count == convs:
            pieces += ["globalpool"] * whole + ["flatten"]
    return "; ".join(pieces)
