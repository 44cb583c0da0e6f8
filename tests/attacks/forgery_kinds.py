"""Honest tiny tickets, and the ways to forge them: each kind changes a draft in place and returns nothing."""

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
        return self.target.dense[0].shape[1]

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


def some_layer(draft: Draft, rng: random.Random) -> int:
    return rng.randrange(len(draft.body["layers"]))


def claim_only(draft: Draft, rng: random.Random) -> None:
    draft.eps(float.fromhex(draft.body["claim"]["eps"]) * rng.random())


def mask_bits(draft: Draft, rng: random.Random) -> None:
    layer = some_layer(draft, rng)
    shape = draft.body["layers"][layer]
    flips = {rng.randrange(shape["rows"] * shape["columns"]) for _ in range(rng.choice((1, 1, 2, 8)))}
    draft.keep(layer, sorted(flips ^ set(draft.mask(layer))))


def mask_moved(draft: Draft, rng: random.Random) -> None:
    """An entry of a first layer moves to another unit's place or column: the block rule still holds."""
    layer = some_layer(draft, rng) & ~1
    shape = draft.body["layers"][layer]
    units = {entry // shape["columns"]: entry % shape["columns"] for entry in draft.mask(layer)}
    unit = rng.choice(sorted(units))
    units[rng.randrange(shape["rows"]) if rng.random() < 0.3 else unit] = rng.randrange(shape["columns"])
    draft.keep(layer, sorted(unit * shape["columns"] + column for unit, column in units.items()))


def mask_rows(draft: Draft, rng: random.Random) -> None:
    """Two rows of a layer's mask change places, or the whole mask is emptied or reversed."""
    layer = some_layer(draft, rng)
    rows, columns = draft.body["layers"][layer]["rows"], draft.body["layers"][layer]["columns"]
    p, q, way = rng.randrange(rows), rng.randrange(rows), rng.random()
    moved = {p: q, q: p} if way < 0.8 else {row: rows - 1 - row for row in range(rows)}
    entries = sorted(moved.get(e // columns, e // columns) * columns + e % columns for e in draft.mask(layer))
    draft.keep(layer, [] if way > 0.95 else entries)


def layer_order(draft: Draft, rng: random.Random) -> None:
    """Two layers, or two pairs of layers, of the same shape change places, with their masks."""
    layers, masks, tensors = draft.body["layers"], draft.body["masks"], draft.tensors
    shapes = [(layer["rows"], layer["columns"]) for layer in layers]
    numbers = range(len(layers))
    pairs = [(p, q) for p in numbers for q in numbers if p < q and shapes[p] == shapes[q]]
    if not pairs:
        return
    p, q = rng.choice(pairs)
    both = [(p, q), (p + 1, q + 1)] if rng.random() < 0.5 and (p + 1, q + 1) in pairs else [(p, q)]
    for i, j in both:
        layers[i], layers[j], masks[i], masks[j] = layers[j], layers[i], masks[j], masks[i]
        tensors[f"mask.{i}"], tensors[f"mask.{j}"] = tensors[f"mask.{j}"], tensors[f"mask.{i}"]


def seed(draft: Draft, rng: random.Random) -> None:
    old = int(draft.body["seed"])
    draft.body["seed"] = str(rng.choice((old + 1, old ^ 1 << 255, old ^ 1 << rng.randrange(256), rng.getrandbits(256))))


def scale(draft: Draft, rng: random.Random) -> None:
    layer = draft.body["layers"][some_layer(draft, rng)]
    old = np.float32(float.fromhex(layer["scale"]))
    new = (
        np.nextafter(old, np.float32(9)),
        old * np.float32(2),
        old * np.float32(0.75),
        np.float32(rng.uniform(0.1, 3)),
    )
    layer["scale"] = float(rng.choice(new)).hex()


def law(draft: Draft, rng: random.Random) -> None:
    draft.body["law"] = rng.choice([law for law in ("uniform/1", "normal/1", "sign/1") if law != draft.body["law"]])


def wider_domain(draft: Draft, rng: random.Random) -> None:
    domain, tensors = draft.body["claim"]["domain"], draft.tensors
    more = Fraction(rng.choice(("1/1000000", "1/10", "1", "5")))
    if domain["kind"] == "hull":
        tensors["domain.lower"] = tensors["domain.lower"] - rng.randrange(2) * float(more)
        tensors["domain.upper"] = tensors["domain.upper"] + float(more)
        return
    if domain["kind"] == "ball":
        domain["radius"] = str(Fraction(domain["radius"]) + more)
        if rng.random() < 0.3:
            far = np.full((1, draft.inputs), float(rng.choice((Fraction(domain["lo"]), Fraction(domain["hi"])))))
            tensors["domain.centres"] = np.vstack([tensors["domain.centres"], far])
    domain["hi"] = str(Fraction(domain["hi"]) + more)
    domain["lo"] = str(Fraction(domain["lo"]) - rng.randrange(2) * more)


def other_domain(draft: Draft, rng: random.Random) -> None:
    """A ball becomes a box or grows corners, a hull a box, a box a hull or a box somewhere else."""
    claim, tensors, inputs = draft.body["claim"], draft.tensors, draft.inputs
    old = claim["domain"]
    tensors_of = [name for name in tensors if name.startswith("domain.")]
    if old["kind"] == "ball" and old["norm"] == "l2" and rng.random() < 0.5:
        old["norm"] = "linf"
        return
    for name in tensors_of:
        del tensors[name]
    claim["domain"] = {"kind": "box", "lo": rng.choice(("-2", "-1/3", "0")), "hi": rng.choice(("1", "7/2", "1/3"))}
    if old["kind"] == "box" and rng.random() < 0.5:
        claim["domain"] = {"kind": "hull"}
        tensors["domain.lower"] = np.array([rng.uniform(-2, 0) for _ in range(inputs)])
        tensors["domain.upper"] = np.array([rng.uniform(0, 2) for _ in range(inputs)])


def target_weights(draft: Draft, rng: random.Random) -> None:
    """One weight or bias is off, by one unit in the last place or more."""
    nodes = list(draft.target.nodes)
    number = rng.choice([k for k, node in enumerate(nodes) if isinstance(node, Dense)])
    node = nodes[number]
    parts = {name: array.copy() for name, array in node.tensors()}
    array = parts[rng.choice(sorted(parts))]
    place = rng.randrange(array.size)
    old = array.flat[place]
    array.flat[place] = rng.choice(
        (np.nextafter(old, old.dtype.type(9)), -old, 0, old + old.dtype.type(rng.gauss(0, 1)))
    )
    nodes[number] = Dense(parts["weight"], parts.get("bias"))
    draft.target = Network(tuple(nodes), draft.target.input_shape)


def target_swapped(draft: Draft, rng: random.Random) -> None:
    """Another target of the same shape, rows in another order, or a relu more or less at the end."""
    nodes, way = list(draft.target.nodes), rng.random()
    if way < 0.3:
        nodes = nodes[:-1] if isinstance(nodes[-1], Activation) else [*nodes, Activation()]
    for number, node in enumerate(nodes):
        if isinstance(node, Dense) and way >= 0.3:
            order = np.random.default_rng(rng.getrandbits(32)).permutation(len(node.weight))
            weight = node.weight[order] if way < 0.6 else node.weight + node.weight.dtype.type(rng.gauss(0, 1))
            nodes[number] = Dense(weight, node.bias)
    draft.target = Network(tuple(nodes), draft.target.input_shape)


def bias_flag(draft: Draft, rng: random.Random) -> None:
    """The first layer's bias becomes an input, or its last input a bias, and the target is made to fit."""
    layer, domain, tensors = draft.body["layers"][0], draft.body["claim"]["domain"], draft.tensors
    nodes, at = list(draft.target.nodes), [isinstance(node, Dense) for node in draft.target.nodes].index(True)
    weight, bias = nodes[at].weight, nodes[at].bias
    if bias is None and draft.inputs == 1:
        return
    layer["bias"] = bias is None
    nodes[at] = Dense(weight[:, :-1], weight[:, -1]) if bias is None else Dense(np.column_stack([weight, bias]))
    draft.target = Network(tuple(nodes), (nodes[at].shape[1],))
    for name in [name for name in tensors if name.startswith("domain.")]:
        old = tensors[name]
        more = np.full(
            (*old.shape[:-1], 1), float(domain.get("hi", "1")) if "/" not in domain.get("hi", "1") else 0.125
        )
        tensors[name] = np.ascontiguousarray(old[..., :-1] if bias is None else np.concatenate([old, more], axis=-1))


KINDS = [claim_only, mask_bits, mask_moved, mask_rows, layer_order, seed, scale, law, wider_domain, other_domain]
KINDS += [target_weights, target_swapped, bias_flag]


# Kinds that only make sense with the digest left as it was.


def made(draft: Draft, rng: random.Random) -> None:
    draft.body["made"] = {**draft.body["made"], "theorem": rng.choice(("fermat1637", "zhou2019"))}


def claim_raised(draft: Draft, rng: random.Random) -> None:
    """A claim that is true, under a digest that is not its own."""
    draft.eps(float.fromhex(draft.body["claim"]["eps"]) * (1 + rng.random()))


def digest(draft: Draft, rng: random.Random) -> None:
    owner = rng.choice((draft.body, draft.body["claim"]))
    name = "sha256" if owner is draft.body else "target"
    place, old = rng.randrange(64), owner[name]
    owner[name] = old[:place] + rng.choice([c for c in "0123456789abcdef" if c != old[place]]) + old[place + 1 :]


def tensor_added(draft: Draft, rng: random.Random) -> None:
    count = rng.randint(1, 3)
    draft.tensors["missed.entries"] = np.zeros((count, 3), np.int64)
    draft.tensors["missed.errors"] = np.zeros(count)


def tensors_of_another(draft: Draft, rng: random.Random) -> None:
    draft.tensors = dict(rng.choice([other for other in honest() if other.body["seed"] != draft.body["seed"]]).tensors)


BROKEN_KINDS = [*KINDS, made, claim_raised, digest, tensor_added, tensors_of_another]


def flipped(data: bytes, rng: random.Random, only_tensors: bool) -> bytes:
    """One byte changed, in the tensors or also in the header, but not in its padding."""
    start = 8 + int.from_bytes(data[:8], "little")
    places = list(range(start, len(data)))
    if not only_tensors and rng.random() < 0.5:
        places = list(range(len(data[:start].rstrip(b" "))))
    place = rng.choice(places)
    return data[:place] + bytes([data[place] ^ rng.randrange(1, 256)]) + data[place + 1 :]
