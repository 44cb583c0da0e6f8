"""Honest tiny tickets of random targets, and exact inputs of their domains."""

from __future__ import annotations

import copy
import itertools
import math
import random
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
from exact_replay import kept, masked

from slth.core.domain import Ball, Box, Hull
from slth.core.network import Activation, Dense, Flatten, Network, canonical_json, content_digest
from slth.interop.safetensors import container_pieces
from slth.interop.targets import ARCHITECTURE_KEY
from slth.interop.tickets import KEY, encode

UNIT, WIDE, ODD = (Box(Fraction(a), Fraction(b)) for a, b in (("0", "1"), ("-1", "1"), ("-1/3", "1/7")))


@dataclass
class Draft:
    """A ticket's JSON object and tensors, and the target it is shown with."""

    body: dict[str, Any]
    tensors: dict[str, np.ndarray]
    target: Network

    def copied(self) -> Draft:
        return Draft(copy.deepcopy(self.body), dict(self.tensors), self.target)

    def seal(self) -> None:
        """Recompute both digests, as a careful forger would."""
        self.body["claim"]["target"] = self.target.digest
        self.body.pop("sha256", None)
        self.body["sha256"] = content_digest(canonical_json(self.body), self.tensors)

    def ticket_bytes(self) -> bytes:
        return b"".join(container_pieces({KEY: canonical_json(self.body)}, self.tensors))

    def target_bytes(self) -> bytes:
        metadata = {ARCHITECTURE_KEY: canonical_json(self.target.architecture())}
        return b"".join(container_pieces(metadata, self.target.tensors()))

    @property
    def inputs(self) -> int:
        return self.target.affine[0].shape[1]

    def eps(self, value: float) -> None:
        self.body["claim"]["eps"] = value.hex()

    def mask(self, layer: int) -> list[int]:
        return kept(self.body["masks"][layer]["encoding"], self.tensors[f"mask.{layer}"].tobytes())

    def keep(self, layer: int, entries: list[int]) -> None:
        shape = self.body["layers"][layer]
        bits = np.zeros(shape["rows"] * shape["columns"], np.uint8)
        bits[entries] = 1
        self.tensors[f"mask.{layer}"] = np.packbits(bits, bitorder="little")
        self.body["masks"][layer] = {"encoding": "bits", "kept": len(set(entries))}


# Honest tickets: widths, biases, domain, and what is unusual about each.
SHAPES: list[tuple[tuple[int, ...], bool, Any, dict[str, Any]]] = [
    ((1, 3), True, UNIT, {}),
    ((2, 2), False, WIDE, {}),
    ((4, 2), True, Ball(np.array([[0.1, 0.5, -0.25, 0.0], [0.0, 0.1, 0.9, -0.9]]), Fraction(1, 8), "linf", WIDE), {}),
    ((3, 2), False, Ball(np.array([[0.5, 0.25, 0.125]]), Fraction(1, 5), "l2", UNIT), {"law": "normal"}),
    ((2, 3), True, Hull(np.array([-0.5, 0.25]), np.array([0.75, 0.3])), {"dtype": np.float64}),
    ((2, 3, 2), True, UNIT, {}),
    ((3, 3, 3), True, UNIT, {}),
    ((3, 5, 1), False, ODD, {}),
    ((4, 6, 2), True, Ball(np.array([[0.1, 0.2, -0.3, 0.4]]), Fraction(1, 10), "l2", WIDE), {}),
    ((1, 4, 3), False, Hull(np.array([-0.75]), np.array([0.5])), {"dtype": np.float64, "relu": True}),
    ((2, 3, 2), True, UNIT, {"law": "sign", "perfect": True}),
    ((2, 3, 2, 2), True, UNIT, {}),
    ((3, 2, 4, 1), False, WIDE, {"flatten": True}),
]


def network(widths: tuple[int, ...], biased: bool, rng: np.random.Generator, options: dict[str, Any]) -> Network:
    """A random target."""
    nodes: list[Any] = [Flatten()] if options.get("flatten") else []
    for number, (inputs, outputs) in enumerate(itertools.pairwise(widths)):
        nodes += [Activation()] * (number > 0)
        dtype = options.get("dtype", np.float32)
        weight, bias = rng.normal(size=(outputs, inputs)).astype(dtype), rng.normal(size=outputs).astype(dtype)
        nodes.append(Dense(weight, bias if biased else None))
    nodes += [Activation()] * bool(options.get("relu"))
    return Network(tuple(nodes), (1, widths[0]) if options.get("flatten") else (widths[0],))


@cache
def honest() -> tuple[Draft, ...]:
    """A ticket for each shape, found by the program itself."""
    from slth.theory.build import approximate
    from slth.theory.plan import Request

    drafts = []
    for number, (widths, biased, domain, options) in enumerate(SHAPES):
        target = network(widths, biased, np.random.default_rng(number), options)
        law = options.get("law", "uniform")
        request = Request(samples=8, weight_error=1e-2, domain=domain, seed=number, law=law, threads=1)
        draft = Draft(*encode(approximate(target, request).ticket), target)
        if options.get("perfect"):
            make_perfect(draft, random.Random(number))
        draft.seal()
        drafts.append(draft)
    return tuple(drafts)


def make_perfect(draft: Draft, rng: random.Random) -> None:
    """Keep at random, and let the target be what that computes where no input is negative: an error of exactly 0."""
    for number, layer in enumerate(draft.body["layers"]):
        rows, columns = layer["rows"], layer["columns"]
        every = [row * columns + column for row in range(rows) for column in range(columns)]
        one_a_unit = [row * columns + rng.randrange(columns) for row in range(rows)]
        draft.keep(number, [entry for entry in every if rng.random() < 0.4] if number % 2 else one_a_unit)
    nodes, layers = list(draft.target.nodes), masked(draft.body, draft.tensors)
    for number, ((_, unit, first), (_, step, second)) in enumerate(zip(layers[::2], layers[1::2], strict=True)):
        reads = {row: (column, max(value, 0)) for row, column, value in first}
        weight = np.zeros((nodes[2 * number].shape[0], nodes[2 * number].shape[1] + 1))
        for row, middle, value in second:
            weight[row, reads[middle][0]] += float(unit * step * value * reads[middle][1])
        nodes[2 * number] = Dense(weight[:, :-1].copy(), weight[:, -1].copy())
    draft.target = Network(tuple(nodes), draft.target.input_shape)


def points(draft: Draft, rng: random.Random, count: int) -> list[list[Fraction]]:
    """Inputs of the claim's domain, mostly at its ends; exact."""
    domain, tensors, inputs = draft.body["claim"]["domain"], draft.tensors, draft.inputs
    found = []
    for _ in range(count):
        if domain["kind"] == "hull":
            ends = list(zip(tensors["domain.lower"].tolist(), tensors["domain.upper"].tolist(), strict=True))
        else:
            ends = [(Fraction(domain["lo"]), Fraction(domain["hi"]))] * inputs
        if domain["kind"] == "ball":
            radius = Fraction(domain["radius"])
            step = [rng.choice((-1.0, 1.0)) for _ in range(inputs)]
            if domain["norm"] == "l2":
                step = [0.0] * inputs if rng.random() < 0.5 else [rng.gauss(0, 1) for _ in range(inputs)]
                step[rng.randrange(inputs)] += 1.0
                length = math.hypot(*step)
                step = [s / length * (1 - 1e-12 * (length != 1)) for s in step]
            centre = rng.choice(tensors["domain.centres"].tolist())
            x = [Fraction(c) + radius * Fraction(s) for c, s in zip(centre, step, strict=True)]
            found.append([min(max(v, Fraction(lo)), Fraction(hi)) for v, (lo, hi) in zip(x, ends, strict=True)])
            continue
        place = [rng.choice((0, 0, 0, 1, 1, 1, Fraction(1, 2), Fraction(1, 3))) for _ in range(inputs)]
        found.append(
            [Fraction(lo) + p * (Fraction(hi) - Fraction(lo)) for p, (lo, hi) in zip(place, ends, strict=True)]
        )
    return found
