"""Targets of experiments on tickets: network files, and random networks of a given shape with norms 1."""

from __future__ import annotations

import functools
import itertools

import numpy as np

from slth.core import philox
from slth.core.errors import BadInput
from slth.core.laws import law
from slth.core.network import Activation, Dense, Network
from slth.interop.read import read

DOMAIN = 3  # of the generator: weights have 0, trial searches 1, samples of experiments 2
RANDOM = "random:"
WIDEST = 4096


@functools.lru_cache(maxsize=16)
def target_of(name: str) -> Network:
    """The network of a file, or "random:5-3-1": normal weights scaled to spectral norm 1, ReLU between, no biases.

    Raises
    ------
    BadInput
        When the file is not read, or the shape is none.
    """
    return _drawn(name) if name.startswith(RANDOM) else read(name).network


def _drawn(name: str) -> Network:
    try:
        widths = [int(part) for part in name.removeprefix(RANDOM).split("-")]
    except ValueError:
        widths = []
    if len(widths) < 2 or not all(1 <= width <= WIDEST for width in widths):
        raise BadInput(f"target {name!r} must name layer sizes from 1 to {WIDEST}, for example random:5-3-1")
    nodes: list[Dense | Activation] = []
    for number, (inputs, outputs) in enumerate(itertools.pairwise(widths)):
        words = philox.words_range(philox.key_from_seed(0), number, 0, inputs * outputs, DOMAIN)
        weight = law("normal").integers(words).reshape(outputs, inputs).astype(np.float64)
        nodes += [Dense((weight / np.linalg.norm(weight, 2)).astype(np.float32)), Activation()]
    return Network(tuple(nodes[:-1]), (widths[0],))
