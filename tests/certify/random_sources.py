"""Random masked sources with stages of every kind, and the target that each comes closest to: all errors are small."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

import numpy as np
from random_graphs import KINDS, block_of, copies_of, random_graph
from random_pairs import random_domain

from slth.core.collapse import EffectiveLayer, collapse
from slth.core.compact import compact
from slth.core.domain import Domain
from slth.core.laws import law
from slth.core.mask import Mask
from slth.core.network import Activation, Conv, Dense, Network
from slth.core.source import Source, SourceLayer


@dataclass(frozen=True)
class SourceCase:
    """A target, the effective layers of a masked source near it, and that source as a network of its own."""

    target: Network
    layers: tuple[EffectiveLayer, ...]
    ticket: Network
    domain: Domain
    source: Source
    mask: Mask


def source_case(seed: int, kinds=KINDS, inner=("relu", "leaky_relu", "tanh", "sigmoid")) -> SourceCase:
    """Case number `seed`."""
    draw = random.Random(seed)
    shape = random_graph(draw, kinds)
    copies = copies_of(shape, draw.choice([1, 1, 2]), draw.random() < 0.5)
    source = Source(seed, law(draw.choice(["uniform", "normal"])), _stages(draw, shape, copies, inner))
    mask = Mask.of(source, _kept(source, np.random.default_rng(seed)))
    layers = collapse(source, mask)
    rng = np.random.default_rng(seed + 1)
    weights = [_nearest(shape, k, layer, copies[k], rng) for k, layer in enumerate(layers)]
    left = iter(weights)
    nodes = tuple(
        replace(node, weight=(pair := next(left))[0], bias=None if node.bias is None else pair[1])
        if isinstance(node, (Dense, Conv))
        else node
        for node in shape.nodes
    )
    target = Network(nodes, shape.input_shape, shape.inputs)
    domain = random_domain(draw, int(np.prod(shape.input_shape)))
    return SourceCase(target, layers, compact(source, mask, target), domain, source, mask)


def _stages(draw: random.Random, shape: Network, copies: list[tuple[int, int]], inner) -> tuple[SourceLayer, ...]:
    out: list[SourceLayer] = []
    for node, (fed, own) in zip(shape.affine, copies, strict=True):
        rows, columns = node.shape
        biased = node.bias is not None
        if fed > 1 or own > 1 or draw.random() < 0.2:
            units = 3 * biased
            out.append(SourceLayer(units, 1, 1.0, True))
            second = SourceLayer(rows * own, columns * fed + units, 0.5, False, node.kernel, direct=True, copies=own)
            out.append(second)
        else:
            units = draw.randint(4, 12) * (columns + biased)
            activation = _inner(draw, inner)
            small = 2.0**-5 if activation.kind in ("tanh", "sigmoid") else 1.0
            out.append(SourceLayer(units, columns + biased, small, biased, activation=activation))
            out.append(SourceLayer(rows, units, 1.0, False, node.kernel))
    return tuple(out)


def _inner(draw: random.Random, inner) -> Activation:
    kind = draw.choice(inner)
    return Activation(kind, draw.choice([0.01, 0.25]) if kind == "leaky_relu" else 0.0)


def _kept(source: Source, rng: np.random.Generator) -> list[np.ndarray]:
    """At most one entry of every unit, and some of the second layers."""
    kept = []
    for number, layer in enumerate(source.layers):
        if number % 2:
            kept.append(np.flatnonzero(rng.random(layer.size) < rng.choice([0.2, 0.5])))
        else:
            units = np.flatnonzero(rng.random(layer.rows) < 0.8)
            kept.append(units * layer.columns + rng.integers(0, layer.columns, len(units)))
    return [np.asarray(k, np.int64) for k in kept]


def _nearest(shape: Network, number: int, layer: EffectiveLayer, copies: tuple[int, int], rng):
    """The weights that a stage has on the average of its signs and copies, a little moved."""
    node, (fed, own), zone = shape.affine[number], copies, layer.zone
    middle = (zone.up + zone.down) / 2 * (layer.plus + layer.minus) * layer.unit
    block = int(np.prod(node.kernel)) if isinstance(node, Conv) else (block_of(shape, number) if fed > 1 else 1)
    folded = middle.reshape(len(middle), -1, fed, block).sum(axis=2)
    weight = folded.reshape(-1, own, *node.weight.shape[1:]).mean(axis=1)
    bias = (layer.bias * layer.unit).reshape(-1, own).mean(axis=1)
    moved = [part + 10.0 ** rng.uniform(-9, -2) * rng.uniform(-1, 1, part.shape) for part in (weight, bias)]
    return moved[0].astype(node.weight.dtype), moved[1].astype(node.weight.dtype)
