"""The ways to forge a ticket: each kind changes a draft in place and returns nothing."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
from honest_tickets import Draft, honest

from slth.core.network import Activation, Dense, Network


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
