"""What removed filters and neurons silence further on: their slices of the next layers go as well."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from slth.core.architecture import Architecture, Slot
from slth.core.mask import Mask
from slth.core.network import INPUT
from slth.core.nodes import Activation, Add, Flatten

Bits = NDArray[np.bool_]
Statistics = tuple[tuple[NDArray[np.float32], NDArray[np.float32]], ...]


def without_silent(architecture: Architecture, mask: Mask) -> Mask:
    """The mask without entries that read only outputs which are 0 for every input, to the last layer.

    An output is silent when its layer keeps no weight of its row; so is what activations with phi(0) = 0, pools and
    norms make of it, and a sum of two silent ones. The network's function does not change.
    """
    kept = list(mask.kept)
    silent: dict[int, Bits] = {INPUT: np.zeros(architecture.input_shape[0], np.bool_)}
    number = 0
    for place, (node, feeds) in enumerate(zip(architecture.nodes, architecture.inputs, strict=True)):
        arriving = silent[feeds[0]]
        if isinstance(node, Slot):
            kept[number] = _heard(node, mask.shapes[number], kept[number], arriving)
            alive = np.full(node.rows, bool(node.offset))
            alive[kept[number] // mask.shapes[number][1]] = True
            arriving, number = ~alive, number + 1
        elif isinstance(node, Add):
            arriving = arriving & silent[feeds[1]]
        elif isinstance(node, Flatten):
            arriving = _flat(arriving, architecture, feeds[0])
        elif isinstance(node, Activation) and node.kind == "sigmoid":
            arriving = np.zeros_like(arriving)
        silent[place] = arriving
    return _selected(mask, kept)


def reset(architecture: Architecture, mask: Mask, statistics: Statistics) -> Statistics:
    """Statistics with means 0 and variances 1 where an output keeps no weight: such an output is 0 behind its norm."""
    found = []
    for slot, (mean, variance) in zip(architecture.normed, statistics, strict=True):
        silent = np.ones(len(mean), np.bool_)
        silent[mask.kept[slot] // mask.shapes[slot][1]] = False
        found.append((np.where(silent, np.float32(0), mean), np.where(silent, np.float32(1), variance)))
    return tuple(found)


def _flat(silent: Bits, architecture: Architecture, feed: int) -> Bits:
    shape = architecture.input_shape if feed == INPUT else architecture.shapes[feed]
    return np.repeat(silent, math.prod(shape) // len(silent))


def _heard(slot: Slot, shape: tuple[int, int], kept: NDArray[np.int64], silent: Bits) -> NDArray[np.int64]:
    """The kept entries whose input is not silent; a bias reads the constant, which is not."""
    columns = np.append(silent, False) if slot.bias else silent
    if slot.kernel is None and len(silent) < slot.columns:  # a dense layer that flattens on its own
        columns = np.repeat(silent, slot.columns // len(silent))
        columns = np.append(columns, False) if slot.bias else columns
    removed: Bits = np.repeat(columns, shape[1] // len(columns))[kept % shape[1]]
    return kept[np.flatnonzero(~removed)]


def _selected(mask: Mask, kept: list[NDArray[np.int64]]) -> Mask:
    """The same mask on fewer entries."""
    places = [np.searchsorted(old, new) for old, new in zip(mask.kept, kept, strict=True)]
    signs = tuple(array[at] for array, at in zip(mask.signs, places, strict=False))
    draws = tuple(array[at] for array, at in zip(mask.draws, places, strict=False))
    return Mask(mask.shapes, tuple(kept), signs, draws)
