"""The text language of --arch: `1x28x28; conv 6 5x5 same; relu; maxpool 2; flatten; dense 10`, read and written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, cast

from slth.core.errors import BadInput
from slth.core.network import INPUT, Activation, Conv, Dense, Network, Node, Pool
from slth.interop.files import shown
from slth.interop.limits import MAX_NODES
from slth.interop.sizes import as_text, checked_shape, number
from slth.interop.steps import MOST, Pair, Plan, Step

SHAPE = re.compile(r"[0-9]+(x[0-9]+)*", re.ASCII)
DECIMAL = re.compile(r"0?\.[0-9]{1,30}|[0-9](\.[0-9]{0,30})?e-[0-9]{1,2}", re.ASCII)
MARK = re.compile(r"[A-Za-z0-9_]{1,40}", re.ASCII)
LAYER = re.compile(r"@[!-:<-~]{1,200}", re.ASCII)
SAME_NAME = {"linear": "dense", "avgpool": "meanpool", "batchnorm": "norm", "leakyrelu": "leaky_relu"}
PLAIN = ("relu", "tanh", "sigmoid", "flatten")
WORDS = "conv, dense, norm, relu, leaky_relu, tanh, sigmoid, maxpool, meanpool, globalpool, flatten, save, add, from"


@dataclass
class Reader:
    """The steps so far, the one whose output the next takes, and the saved ones."""

    steps: list[Step] = field(default_factory=list)
    here: int = INPUT
    saved: dict[str, int] = field(default_factory=dict)

    def put(self, step: Step, other: int | None = None) -> None:
        """Append a step, fed by the current one."""
        number = len(self.steps)
        feeds = (self.here,) if other is None else (self.here, other)
        self.steps.append(replace(step, feeds=None if feeds == (number - 1,) else feeds))
        self.here = number

    def item(self, words: list[str]) -> None:
        """One piece of the text between semicolons."""
        op = SAME_NAME.get(words[0], words[0])
        if op in ("save", "add", "from") and len(words) == 2 and MARK.fullmatch(words[1]):
            self._mark(op, words[1])
        elif op in PARSERS:
            self.put(PARSERS[op](words[1:]))
        else:
            raise BadInput(f"is none of {WORDS}, with their sizes")

    def _mark(self, op: str, name: str) -> None:
        if op == "save":
            if name in self.saved:
                raise BadInput("saves under a name that is taken")
            self.saved[name] = self.here
        elif name not in self.saved:
            raise BadInput("names nothing that was saved before")
        elif op == "add":
            self.put(Step("add"), self.saved[name])
        else:
            self.here = self.saved[name]


def parse_spec(text: str) -> Plan:
    """The plan of a text: the shape of one input, where known, then operations, between semicolons.

    `save NAME` keeps an output, `from NAME` goes on from it, `add NAME` adds it to the current one. Pictures that
    reach a dense layer are flattened, said or not.

    Raises
    ------
    BadInput
        For a piece that does not follow the grammar; the line shows it.
    """
    pieces = text.split(";", MAX_NODES + 1) if len(text) <= 1_000_000 else []
    if not 1 <= len(pieces) <= MAX_NODES:
        raise BadInput(f"--arch has more than {MAX_NODES} pieces")
    items = [piece.split() for piece in pieces]
    items = items[:-1] if not items[-1] else items
    shape = None
    if items and len(items[0]) == 1 and SHAPE.fullmatch(items[0][0]):
        shape = checked_shape([number(size) for size in items.pop(0)[0].split("x")])
    reader = Reader()
    for words in items:
        try:
            reader.item(words or [""])
        except BadInput as error:
            raise BadInput(f"--arch: {shown(' '.join(words), 60) or 'an empty piece'!r} {error}") from None
    if reader.here != len(reader.steps) - 1:
        raise BadInput("--arch ends with from, but nothing goes on there")
    return Plan(shape, tuple(reader.steps))


def _options(words: list[str], allowed: str) -> dict[str, Any]:
    """What follows the sizes of an operation: stride 2, pad 1, same, bias, nobias, @layer; each once."""
    found: dict[str, Any] = {}
    waiting = iter(words)
    for word in waiting:
        key, value = word, cast(Any, True)
        if word in ("stride", "pad"):
            value = _pair(next(waiting, ""), word == "stride")
        elif word in ("bias", "nobias"):
            key, value = "bias", word == "bias"
        elif LAYER.fullmatch(word):
            key, value = "layer", word[1:]
        if key not in allowed.split() or key in found:
            raise BadInput(f"does not take {shown(word, 40)!r} there; after its sizes it takes: {allowed}")
        found[key] = value
    return found


def _pair(word: str, positive: bool = True) -> Pair:
    sizes = [number(size) for size in word.split("x")] if SHAPE.fullmatch(word[:100]) and len(word) <= 100 else []
    if not 1 <= len(sizes) <= 2 or not all(positive <= size <= MOST for size in sizes):
        raise BadInput(f"needs a size such as 3 or 3x5, up to {MOST}, where {shown(word, 40) or 'nothing'!r} stands")
    return sizes[0], sizes[-1]


def _width(words: list[str]) -> int:
    if not words or not words[0].isascii() or not words[0].isdigit() or not 1 <= number(words[0]) <= 1 << 24:
        raise BadInput("needs a number of outputs")
    return number(words[0])


def _conv(words: list[str]) -> Step:
    width, kernel = _width(words), _pair(words[1] if len(words) > 1 else "")
    found = _options(words[2:], "stride pad same bias layer")
    stride, padding = found.get("stride", (1, 1)), found.get("pad", (0, 0))
    if "same" in found:
        if "pad" in found or stride != (1, 1) or not kernel[0] % 2 == kernel[1] % 2 == 1:
            raise BadInput("can be same only with odd kernels, stride 1 and no pad")
        padding = (kernel[0] // 2, kernel[1] // 2)
    return Step("conv", found.get("layer"), width, found.get("bias"), kernel, stride, padding)


def _dense(words: list[str]) -> Step:
    width = _width(words) if words and words[0].isdigit() else None
    found = _options(words[width is not None :], "bias layer")
    return Step("dense", found.get("layer"), width, found.get("bias"))


def _norm(words: list[str]) -> Step:
    eps = None
    if words[:1] == ["eps"]:
        eps, words = _decimal(words[1:2]), words[2:]
    return Step("norm", _options(words, "layer").get("layer"), eps=eps)


def _pool(op: str) -> Callable[[list[str]], Step]:
    def parse(words: list[str]) -> Step:
        kernel = _pair(words[0] if words else "")
        return Step(op, kernel=kernel, stride=_options(words[1:], "stride").get("stride", kernel))

    return parse


def _plain(op: str) -> Callable[[list[str]], Step]:
    def parse(words: list[str]) -> Step:
        _options(words, "nothing")
        return Step("spread", kernel=(1, 1)) if op == "globalpool" else Step(op)

    return parse


def _leaky(words: list[str]) -> Step:
    if len(words) != 1:
        raise BadInput("needs its slope for negative inputs, such as leaky_relu 0.01")
    return Step("leaky_relu", slope=_decimal(words))


def _decimal(words: list[str]) -> float:
    value = float(words[0]) if words and DECIMAL.fullmatch(words[0]) else 0.0
    if not 0 < value < 1:
        raise BadInput("needs a decimal number between 0 and 1")
    return value


PARSERS: dict[str, Callable[[list[str]], Step]] = {
    "conv": _conv,
    "dense": _dense,
    "norm": _norm,
    "leaky_relu": _leaky,
    **{op: _pool(op) for op in ("maxpool", "meanpool")},
    **{op: _plain(op) for op in (*PLAIN, "globalpool")},
}


def as_spec(network: Network) -> str:
    """The text that gives this architecture again, weights and biases left to the file."""
    return "; ".join((as_text(network.input_shape), *_pieces(network)))


def _pieces(network: Network) -> Iterator[str]:
    apart = {feed for place, feeds in enumerate(network.inputs) for feed in feeds if feed != place - 1}
    apart |= {feeds[1] for feeds in network.inputs if len(feeds) == 2}
    names = {feed: f"s{count}" for count, feed in enumerate(sorted(apart))}
    if INPUT in names:
        yield f"save {names[INPUT]}"
    for place, (node, feeds) in enumerate(zip(network.nodes, network.inputs, strict=True)):
        if feeds[0] != place - 1:
            yield f"from {names[feeds[0]]}"
        yield f"add {names[feeds[1]]}" if len(feeds) == 2 else _piece(node)
        if place in names:
            yield f"save {names[place]}"


def _piece(node: Node) -> str:
    if isinstance(node, Dense):
        return f"dense {node.shape[0]}"
    if isinstance(node, Activation):
        return f"{node.kind} {node.slope!r}" if node.slope else node.kind
    if isinstance(node, Pool):
        return f"{node.kind}pool {_short(node.kernel)}" + _unless(" stride", node.stride, node.kernel)
    if not isinstance(node, Conv):
        return "flatten"
    kernel = node.kernel
    same = node.stride == (1, 1) and kernel[0] % 2 == kernel[1] % 2 == 1 and kernel != (1, 1)
    line = f"conv {node.shape[0]} {as_text(kernel)}"
    if same and node.padding == (kernel[0] // 2, kernel[1] // 2):
        return f"{line} same"
    return line + _unless(" stride", node.stride, (1, 1)) + _unless(" pad", node.padding, (0, 0))


def _unless(word: str, pair: Pair, usual: Pair) -> str:
    return "" if pair == usual else f"{word} {_short(pair)}"


def _short(pair: Pair) -> str:
    return str(pair[0]) if pair[0] == pair[1] else as_text(pair)
