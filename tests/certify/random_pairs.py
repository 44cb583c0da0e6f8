"""Random small targets with perturbed tickets, and random domains with points of them, all exact."""

from __future__ import annotations

import random
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np

from slth.core.collapse import EffectiveLayer
from slth.core.domain import Ball, Box, Domain, Hull
from slth.core.network import Activation, Dense, Network

HADAMARD = np.array([[(-1.0) ** bin(i & j).count("1") for j in range(8)] for i in range(8)])


@dataclass(frozen=True)
class Case:
    """One target, a ticket near it, a domain, and segments inside the domain as pairs of exact points."""

    target: Network
    layers: tuple[EffectiveLayer, ...]
    domain: Domain
    segments: list[tuple[list[Fraction], list[Fraction]]]


def effective(plus, minus, bias, unit: float) -> EffectiveLayer:
    """An effective layer whose magnitudes are those of its own weights."""
    top = np.maximum(np.abs(plus.astype(float)), np.abs(minus.astype(float)))
    absolute = np.hstack([top, np.abs(bias.astype(float))[:, None]]) * unit * (1 + 2.0**-50)
    return EffectiveLayer.relu(plus, minus, bias, absolute, unit, plus.shape[1] + 1)


def random_target(draw: random.Random) -> Network:
    """1 to 4 dense layers of width at most 8, with or without biases, float32 or float64, fine or coarse weights."""
    widths = [draw.randint(1, 4)] + [draw.randint(1, 8) for _ in range(draw.randint(1, 4))]
    rng = np.random.default_rng(draw.getrandbits(32))
    coarse, biased = draw.random() < 0.3, draw.random() < 0.7
    kind = draw.choice([np.float32, np.float64])
    nodes: list[Dense | Activation] = []
    for index, (inputs, outputs) in enumerate(pairwise(widths)):
        table = rng.normal(size=(outputs, inputs + 1)) * draw.choice([0.5, 1.0, 2.0])
        table = np.rint(table * 4) / 4 if coarse else table
        table = table.astype(kind)
        bias = np.ascontiguousarray(table[:, inputs]) if biased else None
        nodes += [Activation()] * (index > 0) + [Dense(np.ascontiguousarray(table[:, :inputs]), bias)]
    if draw.random() < 0.2:
        nodes.append(Activation())
    return Network(tuple(nodes), (widths[0],))


def random_ticket(draw: random.Random, target: Network) -> tuple[EffectiveLayer, ...]:
    """Weights off by a random size, V⁺ and V⁻ apart, sometimes at a unit that float64 products must round."""
    rng = np.random.default_rng(draw.getrandbits(32))
    size = 10.0 ** draw.uniform(-12, 0)
    signs = draw.random() < 0.4  # rows of a Hadamard matrix: where 2-norms beat intervals
    layers = []
    for dense in target.affine:
        unit = draw.choice([2.0**-48, 2.0**-30, float(np.float32(0.3)) * 2.0**-50, 3.0 * 2.0**-40])
        weight = dense.weight.astype(np.float64)
        bias = np.zeros(len(weight)) if dense.bias is None else dense.bias.astype(np.float64)
        shapes = (weight, weight, bias)
        noises = [rng.uniform(-1, 1, part.shape) for part in shapes]
        if signs and len(layers) % 2 == 0:
            noises[0] = noises[1] = HADAMARD[: weight.shape[0], : weight.shape[1]]
        parts = [np.rint((part + size * noise) / unit) for part, noise in zip(shapes, noises, strict=True)]
        if dense.bias is None:
            parts[2] = np.zeros(len(weight))
        layers.append(effective(*(part.astype(np.int64) for part in parts), unit))
    return tuple(layers)


def random_domain(draw: random.Random, inputs: int) -> Domain:
    """A box, a union of balls or a hull; about half of them with negative inputs."""
    low = draw.choice([Fraction(0), Fraction(-1), Fraction(-1, 3), Fraction(1, 7), Fraction(-5, 2)])
    box = Box(low, low + draw.choice([Fraction(1), Fraction(2), Fraction(1, 3), Fraction(0), Fraction(1, 1000)]))
    rng = np.random.default_rng(draw.getrandbits(32))
    kind = draw.choice(["box", "linf", "l2", "hull"])
    if kind == "box":
        return box
    if kind == "hull":
        ends = rng.uniform(-1, 1, (2, inputs)) + draw.choice([0.0, 1.0])
        return Hull(ends.min(axis=0), ends.max(axis=0))
    clip = Box(low, low + 2)
    centres = rng.uniform(float(low) + 1e-9, float(low) + 2 - 1e-9, (draw.randint(1, 2), inputs))
    return Ball(centres, draw.choice([Fraction(0), Fraction(1, 100), Fraction(1, 3), Fraction(3)]), kind, clip)


def random_point(draw: random.Random, domain: Domain, inputs: int) -> list[Fraction]:
    """An exact point of the domain, often a corner."""
    if isinstance(domain, Box):
        ends = [(domain.lo, domain.hi)] * inputs
    elif isinstance(domain, Hull):
        ends = [(Fraction(a), Fraction(b)) for a, b in zip(domain.lower.tolist(), domain.upper.tolist(), strict=True)]
    else:
        return _ball_point(draw, domain, inputs)
    return [_between(draw, low, high) for low, high in ends]


def random_segment(draw: random.Random, domain: Domain, inputs: int) -> tuple[list[Fraction], list[Fraction]]:
    """Two points of one region of the domain."""
    if isinstance(domain, Ball):
        domain = Ball(
            domain.centres[draw.randrange(len(domain.centres))][None], domain.radius, domain.norm, domain.clip
        )
    return random_point(draw, domain, inputs), random_point(draw, domain, inputs)


def random_case(seed: int, segments: int = 2) -> Case:
    """Case number `seed`."""
    draw = random.Random(seed)
    target = random_target(draw)
    inputs = target.input_shape[0]
    domain = random_domain(draw, inputs)
    layers = random_ticket(draw, target)
    return Case(target, layers, domain, [random_segment(draw, domain, inputs) for _ in range(segments)])


def _between(draw: random.Random, low: Fraction, high: Fraction) -> Fraction:
    return draw.choice([low, high, low, high, low + (high - low) * Fraction(draw.randint(0, 8), 8)])


def _ball_point(draw: random.Random, ball: Ball, inputs: int) -> list[Fraction]:
    centre = [Fraction(v) for v in ball.centres[0].tolist()]
    if ball.norm == "linf":
        steps = [_between(draw, -ball.radius, ball.radius) for _ in range(inputs)]
    else:  # rational unit vectors: an axis, or a 3-4-5 triangle on two axes
        steps = [Fraction(0)] * inputs
        order = draw.sample(range(inputs), inputs)
        parts = [Fraction(1)] if inputs == 1 or draw.random() < 0.5 else [Fraction(3, 5), Fraction(4, 5)]
        for axis, part in zip(order, parts, strict=False):
            steps[axis] = draw.choice([-1, 1]) * part * ball.radius
    # clipping moves every coordinate towards the centre, which lies inside the box
    return [min(max(c + s, ball.clip.lo), ball.clip.hi) for c, s in zip(centre, steps, strict=True)]
