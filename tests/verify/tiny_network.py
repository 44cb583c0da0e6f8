"""Small random networks of every kind of node with tickets, written and computed from the text of FORMAT.md alone."""

import random
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import mpmath
from tiny_ticket import Array, TinyTicket, container, digest_of, dumps, random_hex32, weight, word

Tensor = dict[tuple[int, ...], Fraction]  # by channel, row, column (or by one index)
Shape = tuple[int, ...]
BITS = 170  # tanh and sigmoid are rounded to 2^-BITS, in 80 digits


def phi(op: str, x: Fraction, slope: str | None = None) -> Fraction:
    """The activation of a node or of a source layer."""
    if op == "leaky_relu":
        return x if x > 0 else x * Fraction(float.fromhex(slope or ""))
    if op == "relu":
        return max(x, Fraction(0))
    with mpmath.workdps(80):
        t = mpmath.mpf(x.numerator) / x.denominator
        y = mpmath.tanh(t) if op == "tanh" else 1 / (1 + mpmath.exp(-t))
        return Fraction(int(mpmath.floor(y * 2**BITS)), 2**BITS)


def places(shape: Shape) -> list[tuple[int, ...]]:
    return list(product(*map(range, shape)))


def convolved(
    x: Tensor, w: Tensor, sizes: Shape, shape: Shape, node: dict[str, Any], outside: list[Fraction]
) -> Tensor:
    """Σ w[o, i, a, b] x[i, s y + a - p, t x + b - q]; what lies in the padding is outside[i]."""
    (s, t), (p, q) = node["stride"], node["padding"]
    out: Tensor = {}
    for o, y, z in places(shape):
        taps = [(i, s * y + a - p, t * z + b - q, w[o, i, a, b]) for i, a, b in places(sizes[1:]) if w[o, i, a, b]]
        out[o, y, z] = sum((v * x.get((i, r, c), outside[i]) for i, r, c, v in taps), Fraction(0))
    return out


@dataclass
class TinyNetwork:
    """A target as data; shapes of the nodes' outputs are found on the way."""

    input: Shape
    nodes: list[dict[str, Any]] = field(default_factory=list)
    tensors: dict[str, Array] = field(default_factory=dict)
    shapes: list[Shape] = field(default_factory=list)

    def feeds(self, number: int) -> list[int]:
        return list(self.nodes[number].get("inputs", [number - 1]))

    def shape(self, number: int) -> Shape:
        return self.input if number < 0 else self.shapes[number]

    def add(self, node: dict[str, Any], shape: Shape) -> int:
        self.nodes.append(node)
        self.shapes.append(shape)
        return len(self.nodes) - 1

    def digest(self) -> str:
        return digest_of(dumps(self.arch), self.tensors)

    @property
    def arch(self) -> dict[str, Any]:
        return {"format": "slth-network/1", "input": list(self.input), "nodes": self.nodes}

    def write(self, path: Path) -> Path:
        path.write_bytes(container({"slth.arch": dumps(self.arch)}, self.tensors))
        return path

    def affine(self) -> list[int]:
        return [number for number, node in enumerate(self.nodes) if "weight" in node]

    def run(self, x: Tensor, ticket: "TinyStages | None" = None) -> Tensor:
        """The target's output, or the ticket's."""
        values: list[Tensor] = []
        for number, node in enumerate(self.nodes):
            given = [x if feed < 0 else values[feed] for feed in self.feeds(number)]
            values.append(self._node(number, node, given, ticket))
        return values[-1]

    def _node(self, number: int, node: dict[str, Any], given: list[Tensor], ticket: "TinyStages | None") -> Tensor:
        x, op = given[0], node["op"]
        if op == "add":
            return {k: v + given[1][k] for k, v in x.items()}
        if op == "flatten":
            return {(k,): x[place] for k, place in enumerate(sorted(x))}
        if op in ("maxpool", "meanpool"):
            (kh, kw), (s, t), out = node["kernel"], node["stride"], {}
            channels = 1 + max(place[0] for place in x)
            for c, y, z in places((channels, *self.shapes[number][1:])):
                seen = [x[c, s * y + a, t * z + b] for a in range(kh) for b in range(kw)]
                out[c, y, z] = max(seen) if op == "maxpool" else sum(seen, Fraction(0)) / len(seen)
            return out
        if "weight" not in node:
            return {k: phi(op, v, node.get("slope")) for k, v in x.items()}
        if ticket is not None:
            return ticket.stage(self.affine().index(number), x, number)
        flat = [Fraction(v) for v in self.tensors[node["weight"]][2]]
        bias = [Fraction(v) for v in self.tensors[node["bias"]][2]] if "bias" in node else [Fraction(0)] * 99
        sizes = self.tensors[node["weight"]][1]
        if op == "dense":
            row = [x[place] for place in sorted(x)]
            return {
                (i,): sum((flat[i * sizes[1] + j] * v for j, v in enumerate(row)), bias[i]) for i in range(sizes[0])
            }
        w = dict(zip(places(tuple(sizes)), flat, strict=True))
        made = convolved(x, w, tuple(sizes), self.shapes[number], node, [Fraction(0)] * sizes[1])
        return {k: v + bias[k[0]] for k, v in made.items()}


@dataclass
class TinyStages(TinyTicket):
    """A ticket of a TinyNetwork."""

    def numbers(self, k: int) -> dict[tuple[int, int], Fraction]:
        """Kept weights of a source layer by row and place in it."""
        layer = self.layers[k]
        kh, kw = layer.get("kernel", [1, 1])
        width, scale = layer["columns"] * kh * kw, Fraction(float.fromhex(layer["scale"]))
        return {divmod(e, width): scale * weight(self.law, word(self.seed, k, e)) for e in self.kept[k]}

    def stage(self, index: int, x: Tensor, number: int) -> Tensor:
        """Section 6, literally: h is padded with zeros, then the first layer, its activation, the second layer."""
        net: Any = self.target
        node, first, second = net.nodes[number], self.layers[2 * index], self.layers[2 * index + 1]
        if node["op"] == "dense":
            x = {(k, 0, 0): x[place] for k, place in enumerate(sorted(x))}
        node = {"stride": [1, 1], "padding": [0, 0]} | node
        inputs = 1 + max(place[0] for place in x)
        fed = second["columns"] - first["rows"] if second.get("direct") else 0
        h, outside = ({}, []) if not fed else (dict(x), [Fraction(0)] * inputs)
        small = self.numbers(2 * index)
        for r in range(first["rows"]):
            kept = [(j, v) for (row, j), v in small.items() if row == r]

            def through(read: dict[int, Fraction], kept: Any = kept) -> Fraction:
                total = sum((v * read[j] for j, v in kept), Fraction(0))
                return phi(first.get("activation", "relu"), total, first.get("slope"))

            constant = {first["columns"] - 1: Fraction(1)} if first["bias"] else {}
            zeros = dict.fromkeys(range(first["columns"]), Fraction(0))
            outside.append(through(zeros | constant))
            for _, y, z in {(0, y, z) for _, y, z in x}:
                signal = {} if fed else {j: x[j, y, z] for j in range(inputs)}
                h[fed + r, y, z] = through(zeros | signal | constant)
        kh, kw = second.get("kernel", [1, 1])
        sizes = (second["rows"], second["columns"], kh, kw)
        big = self.numbers(2 * index + 1)
        w = {key: Fraction(0) for key in places(sizes)}
        for (row, place), v in big.items():
            w[row, place // (kh * kw), place // kw % kh, place % kw] = v
        shape = (second["rows"], *net.shapes[number][1:]) if len(net.shapes[number]) == 3 else (second["rows"], 1, 1)
        out = convolved(h, w, sizes, shape, node, outside)
        return out if len(net.shapes[number]) == 3 else {(o,): v for (o, _, _), v in out.items()}


ACTS = ["relu", "leaky_relu", "tanh", "sigmoid"]


def gate(draw: random.Random, kinds: list[str]) -> dict[str, Any]:
    op = draw.choice(kinds)
    return {"op": op} | ({"slope": draw.choice([0.25, 0.1]).hex()} if op == "leaky_relu" else {})


def random_network(draw: random.Random, kinds: list[str], sums: bool) -> TinyNetwork:
    """Convolutions with strides and padding, pools, perhaps a residual sum, dense layers; weights are zeros as yet."""
    side = draw.choice([3, 4, 5])
    net = TinyNetwork((draw.choice([1, 2]), side, draw.choice([3, side])))

    def affine(out: int, feed: int, kernel: list[int], more: dict[str, Any]) -> int:
        shape, number = net.shape(feed), len(net.affine())
        names = {"weight": f"w{number}"} | ({"bias": f"b{number}"} if draw.random() < 0.6 else {})
        if not kernel:
            inputs, made = [int(__import__("math").prod(shape))], (out,)
        else:
            inputs = [shape[0], *kernel]
            sides = [
                (n + 2 * p - k) // s + 1
                for n, p, k, s in zip(shape[1:], more["padding"], kernel, more["stride"], strict=True)
            ]
            made = (out, *sides)  # type: ignore[assignment]
        size = out
        for n in inputs:
            size *= n
        net.tensors[names["weight"]] = ("F64", [out, *inputs], [0.0] * size)
        if "bias" in names:
            net.tensors[names["bias"]] = ("F64", [out], [0.0] * out)
        at = {} if feed == len(net.nodes) - 1 else {"inputs": [feed]}
        return net.add({"op": "conv" if kernel else "dense", **names, **more, **at}, made)

    if draw.random() < 0.2:
        net.add({"op": "maxpool", "kernel": [2, 1], "stride": [1, 1]}, (net.input[0], net.input[1] - 1, net.input[2]))
    kernel, padding = draw.choice([([3, 3], 1), ([2, 3], 1), ([1, 1], 0), ([2, 2], 0)])
    stride = [draw.choice([1, 1, 2]), 1]
    last = affine(2, len(net.nodes) - 1, kernel, {"stride": stride, "padding": [padding, padding]})
    last = net.add(gate(draw, kinds), net.shape(last))
    if sums:
        inner = affine(2, last, [3, 3], {"stride": [1, 1], "padding": [1, 1]})
        last = net.add({"op": "add", "inputs": [inner, last]}, net.shape(inner))
        last = net.add(gate(draw, kinds), net.shape(last)) if draw.random() < 0.5 else last
    if draw.random() < 0.7 and min(net.shape(last)[1:]) >= 2:
        op, step = draw.choice(["maxpool", "maxpool", "meanpool"]), draw.choice([1, 2])
        tall = draw.choice([2, min(3, net.shape(last)[1])])
        sides = ((net.shape(last)[1] - tall) // step + 1, (net.shape(last)[2] - 2) // 1 + 1)
        last = net.add({"op": op, "kernel": [tall, 2], "stride": [step, 1]}, (net.shape(last)[0], *sides))
    if draw.random() < 0.7:
        size = net.shape(last)[0] * net.shape(last)[1] * net.shape(last)[2]
        last = net.add({"op": "flatten"}, (size,))
        last = affine(2, last, [], {})
        last = net.add(gate(draw, kinds), net.shape(last))
        affine(2, last, [], {})
    else:
        affine(
            1,
            last,
            draw.choice([[1, 1], [2, 1]]) if net.shape(last)[1] > 1 else [1, 1],
            {"stride": [1, 1], "padding": [0, 0]},
        )
    return net


def random_stages(
    draw: random.Random, law: str, near: float, inner: list[str], direct: bool, kinds: list[str]
) -> TinyStages:
    """A ticket of a random network whose weights are set to what the ticket's stages compute near 0, plus noise."""
    sums = draw.random() < 0.4
    net = random_network(draw, kinds, sums)
    copies = draw.choice([2, 3]) if direct and not sums else 1
    layers: list[dict[str, Any]] = []
    kept: list[list[int]] = []
    arriving, numbers = {-1: 1}, net.affine()
    for number in range(len(net.nodes)):
        arriving[number] = arriving[net.feeds(number)[0]]
        if number not in numbers:
            continue
        node, made = net.nodes[number], copies if number != numbers[-1] else 1
        sizes = net.tensors[node["weight"]][1]
        taps, inputs = sizes[2:] or [1, 1], sizes[1]
        bias = "bias" in node
        if direct:
            first = {"rows": draw.randint(1, 2) if bias else 0, "columns": 1, "bias": True}
            columns = inputs * arriving[number] + first["rows"]
            kept.append([r for r in range(first["rows"]) if draw.random() < 0.8])
        else:
            units = draw.randint(1, 3) * (inputs + bias)
            first = {"rows": units, "columns": inputs + bias, "bias": bias, **inner_gate(draw, inner)}
            columns = units
            kept.append(
                [r * (inputs + bias) + draw.randrange(inputs + bias) for r in range(units) if draw.random() < 0.9]
            )
        small = (
            float(Fraction(draw.randint(1, 4), 16)).hex()
            if "tanh" in inner or "sigmoid" in inner
            else random_hex32(draw)
        )
        second = {"rows": sizes[0] * made, "columns": columns, "bias": False, "scale": random_hex32(draw)}
        second |= ({"kernel": taps} if taps != [1, 1] else {}) | ({"direct": True} if direct else {})
        second |= {"copies": made} if made > 1 else {}
        layers += [first | {"scale": small}, second]
        width = columns * taps[0] * taps[1]
        kept.append([e for e in range(second["rows"] * width) if draw.random() < 0.6])
        arriving[number] = made
    lo = Fraction(draw.choice(["0", "0", "-1", "-1/3", "1/7"]))
    hi = lo + Fraction(draw.choice(["1", "1/3", "1/100"]))
    domain: dict[str, Any] = {"kind": "box", "lo": str(lo), "hi": str(hi)}
    extra: dict[str, Array] = {}
    if draw.random() < 0.4:
        count = net.input[0] * net.input[1] * net.input[2]
        centres = [float(lo + (hi - lo) * Fraction(draw.randint(1, 7), 8)) for _ in range(count)]
        domain = {**domain, "kind": "ball", "norm": draw.choice(["linf", "l2"]), "radius": draw.choice(["1/10", "1/2"])}
        extra["domain.centres"] = ("F64", [1, count], centres)
    ticket = TinyStages(draw.randrange(2**256), law, layers, kept, net, 0.0, domain, extra)  # type: ignore[arg-type]
    ticket.encodings = [draw.choice(["bits", "gaps"]) for _ in layers]
    for index, number in enumerate(numbers):
        imitate(ticket, index, number, arriving[net.feeds(number)[0]], near, draw)
    return ticket


def inner_gate(draw: random.Random, inner: list[str]) -> dict[str, Any]:
    found = gate(draw, inner)
    return {} if found["op"] == "relu" else {"activation": found.pop("op"), **found}


def imitate(ticket: TinyStages, index: int, number: int, arriving: int, near: float, draw: random.Random) -> None:
    """Set the target's node to the slope of the ticket's stage between 0 and 2^-20, channel by channel, plus noise."""
    net: Any = ticket.target
    node, second = net.nodes[number], ticket.layers[2 * index + 1]
    sizes, made, step = net.tensors[node["weight"]][1], second.get("copies", 1), Fraction(1, 2**20)
    kernel = sizes[2:] or [1, 1]
    if node["op"] == "dense":
        feed = net.feeds(number)[0]
        while net.nodes[feed]["op"] == "flatten":
            feed = net.feeds(feed)[0]
        block = 1
        for n in net.shape(feed)[1:]:
            block *= n
    else:
        block = 1
    probe = TinyNetwork((sizes[1] * arriving, *kernel), [node | {"stride": [1, 1], "padding": [0, 0]}])
    probe.shapes = [(sizes[0], 1, 1)]
    probe_ticket = TinyStages(**{**ticket.__dict__, "target": probe})
    zero = {place: Fraction(0) for place in places(probe.input)}

    def at(x: Tensor) -> Tensor:
        x = {(place[0],): v for place, v in x.items()} if node["op"] == "dense" else x
        found = probe_ticket.stage(index, x, 0)
        return {(o,): found[(o, 0, 0)] if (o, 0, 0) in found else found[(o,)] for o in range(second["rows"])}

    base = at(zero)
    weights = []
    for o, i, a, b in places((sizes[0], sizes[1], *kernel)):
        group, place = divmod(i, block)
        total = Fraction(0)
        for r in range(arriving):
            x = zero | {((group * arriving + r) * block + place, a, b): step}
            total += (at(x)[(o * made,)] - base[(o * made,)]) / step
        weights.append(float(total) + near * draw.gauss(0, 1))
    net.tensors[node["weight"]] = ("F64", sizes, weights)
    if "bias" in node:
        values = [float(base[(o * made,)]) + near * draw.gauss(0, 1) for o in range(sizes[0])]
        net.tensors[node["bias"]] = ("F64", [sizes[0]], values)


def random_input(ticket: TinyStages, draw: random.Random) -> Tensor:
    """A point of the domain."""
    net: Any = ticket.target
    lo, hi = Fraction(ticket.domain["lo"]), Fraction(ticket.domain["hi"])
    keys = places(net.input)
    if ticket.domain["kind"] == "box":
        return {k: lo + (hi - lo) * Fraction(draw.choice([0, 0, 8, 8, draw.randint(0, 8)]), 8) for k in keys}
    radius = Fraction(ticket.domain["radius"])
    step = [radius * draw.choice([-1, 1, 0]) for _ in keys]
    if ticket.domain["norm"] == "l2":
        length = max(1, sum(s != 0 for s in step))
        step = [s / (int(length**0.5) + 1) for s in step]
    centres = ticket.extra["domain.centres"][2]
    return {k: min(max(Fraction(c) + s, lo), hi) for k, c, s in zip(keys, centres, step, strict=True)}


def gap(ticket: TinyStages, x: Tensor) -> Fraction:
    net: Any = ticket.target
    f, g = net.run(x), net.run(x, ticket)
    return max(abs(f[k] - g[k]) for k in f)
