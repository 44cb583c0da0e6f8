"""Compact: a masked source as a network of its live units only, and the mask without its dead weights."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slth.core.collapse import Units, Zone
from slth.core.mask import Mask
from slth.core.network import INPUT, Network
from slth.core.nodes import Affine, Conv, Dense, Node
from slth.core.source import Source

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


def compact(source: Source, mask: Mask, like: Network) -> Network:
    """The masked source as a network shaped like the target, each affine layer replaced by its stage.

    The constant units of a convolution are folded into the bias of the layer that reads them, since zero padding must
    not touch them; every other weight is a weight of the source.
    """
    nodes: list[Node] = []
    inputs: list[tuple[int, ...]] = []
    place = {INPUT: INPUT}
    layer = 0
    for number, (node, feeds) in enumerate(zip(like.nodes, like.inputs, strict=True)):
        feed = tuple(place[f] for f in feeds)
        stage: list[Node] = [node]
        if isinstance(node, Affine):
            stage = _stage(source, mask, layer, node)
            layer += 2
        for part in stage:
            nodes.append(part)
            inputs.append(feed)
            feed = (len(nodes) - 1,)
        place[number] = len(nodes) - 1
    return Network(tuple(nodes), like.input_shape, tuple(inputs))


def _stage(source: Source, mask: Mask, layer: int, like: Dense | Conv) -> list[Node]:
    first, second = source.layers[layer], source.layers[layer + 1]
    units = Units.of(source, mask, layer)
    fed = second.columns - first.rows
    rows, places = mask.pairs(layer + 1)
    columns, taps = np.divmod(places, second.taps)
    values = source.entries(layer + 1, rows, places) * source.unit(layer + 1)
    constant = units.column == first.columns - 1 if first.bias else np.zeros(first.rows, bool)
    resting = units.column < 0
    folded = (constant | resting) if isinstance(like, Conv) or second.direct else np.zeros(first.rows, bool)
    bias = np.zeros(second.rows)
    through = columns >= fed
    fixed = np.flatnonzero(through)[folded[columns[through] - fed]]
    level = first.activation(np.where(constant, units.value, 0) * source.unit(layer))
    np.add.at(bias, rows[fixed], values[fixed] * level[columns[fixed] - fed])
    quiet = np.setdiff1d(np.flatnonzero(through), fixed, assume_unique=True)
    if second.direct:
        weight = np.zeros((second.rows, fed, second.taps))
        weight[rows[~through], columns[~through], taps[~through]] = values[~through]
        return [_affine(weight, bias if fixed.size else None, like)]
    live = np.unique(columns[quiet])
    if Zone.of(first.activation).level == 0:
        live = live[~resting[live]]
    live = live if len(live) else np.zeros(1, np.int64)
    number = np.full(first.rows, -1)
    number[live] = np.arange(len(live))
    quiet = quiet[number[columns[quiet]] >= 0]
    weight = np.zeros((second.rows, len(live), second.taps))
    weight[rows[quiet], number[columns[quiet]], taps[quiet]] = values[quiet]
    incoming = np.zeros((len(live), first.columns))
    read = ~resting[live] & ~folded[live]
    incoming[np.flatnonzero(read), units.column[live][read]] = units.value[live][read] * source.unit(layer)
    own = incoming[:, -1].copy() if first.bias and not folded.any() else None
    incoming = incoming[:, : first.columns - first.bias]
    if isinstance(like, Dense):
        return [Dense(*_small(incoming, own)), first.activation, _affine(weight, bias if fixed.size else None, like)]
    # the stage's input is what is padded, and a unit need not be 0 there
    entry = Conv(_small(incoming[:, :, None, None])[0], None, (1, 1), like.padding)
    exit_ = replace(like, padding=(0, 0))
    return [entry, first.activation, _affine(weight, bias if fixed.size else None, exit_)]


def _affine(weight: Floats, bias: Floats | None, like: Dense | Conv) -> Dense | Conv:
    """The second layer of a stage, with the geometry of the target's layer."""
    if isinstance(like, Conv):
        kernel = weight.reshape(*weight.shape[:2], *like.kernel)
        return Conv(*_small(kernel, bias), like.stride, like.padding)
    return Dense(*_small(weight[:, :, 0], bias))


def _small(weight: Floats, bias: Floats | None = None) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Weight and bias in float32 where that is exact, else in float64."""
    arrays = [array for array in (weight, bias) if array is not None]
    exact = all((array.astype(np.float32).astype(np.float64) == array).all() for array in arrays)
    kind = np.float32 if exact else np.float64
    return weight.astype(kind), None if bias is None else bias.astype(kind)


def drop_dead_units(source: Source, mask: Mask, sequence: bool = True) -> Mask:
    """The same ticket without the weights of units that nobody reads or nothing feeds.

    A unit without a kept outgoing weight keeps no incoming one. A unit without a kept incoming weight keeps no
    outgoing one if its output is then 0. So `Mask.count` counts weights that matter.

    Parameters
    ----------
    sequence : bool
        Whether the target is one, so that copies that the next stage does not read can go as well.
    """
    kept = list(mask.kept)
    for layer in reversed(range(0, len(kept), 2)):
        first, second = source.layers[layer], source.layers[layer + 1]
        fed = second.columns - first.rows
        column = kept[layer + 1] % second.width // second.taps
        if Zone.of(first.activation).level == 0:
            wired = np.zeros(second.columns, np.bool_)
            wired[:fed] = True
            wired[fed + kept[layer] // first.columns] = True
            kept[layer + 1] = kept[layer + 1][wired[column]]
            column = column[wired[column]]
        used = np.zeros(second.columns, bool)
        used[column] = True
        kept[layer] = kept[layer][used[fed + kept[layer] // first.columns]]
        if layer and second.direct and sequence:
            before = source.layers[layer - 1]
            read = np.asarray(used[:fed].reshape(before.rows, -1).max(axis=1))
            kept[layer - 1] = kept[layer - 1][read[kept[layer - 1] // before.width]]
    return Mask(mask.shapes, tuple(kept))
