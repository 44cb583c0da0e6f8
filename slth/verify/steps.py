"""Target and ticket as one list of steps on flat vectors, tensor after tensor (FORMAT.md 6 and 7)."""

from math import prod
from typing import NamedTuple

from .fixed import Interval, meet, need, size, total, up
from .lines import RELU, Gate, Known, Lines, Row, cross
from .maps import Geometry
from .smooth import SLOPE
from .target import INPUT, LARGEST, Node, Target

View = list[int] | None  # which numbers of a tensor are meant, in order; None: all
Limits = tuple[int | None, int | None]  # of the ball step, for z and δz


class Layout(NamedTuple):
    """How a ticket's tensor lies beside the target's: every run of `block` numbers comes `copies` times."""

    copies: int = 1
    block: int = 1

    def beside(self, values: list[int]) -> list[int]:
        """Repeat the target's numbers for the ticket's copies."""
        if self.copies == 1:
            return values
        runs = (values[i : i + self.block] for i in range(0, len(values), self.block))
        return [v for run in runs for _ in range(self.copies) for v in run]

    def interval(self, x: Interval) -> Interval:
        """Repeat both ends."""
        return x if self.copies == 1 else (self.beside(x[0]), self.beside(x[1]))

    def folded(self, values: list[int], block: int) -> list[int]:
        """Sum the columns of a ticket's row over the copies of each of the target's; block columns belong together."""
        if self.copies == 1:
            return values
        runs = [values[i : i + block] for i in range(0, len(values), block)]
        groups = (runs[i : i + self.copies] for i in range(0, len(runs), self.copies))
        return [sum(column) for group in groups for column in zip(*group, strict=True)]


class Form(NamedTuple):
    """Rows a and b of the upper bound a·δ + b·h, on one tensor."""

    a: Row
    b: Row


class Step(NamedTuple):
    """One step: affine map `number`, activation, mean or sum of all views divided, or maximum of two views."""

    feeds: tuple[int, ...]
    layout: Layout
    views: tuple[View, ...]  # of the target's tensors
    made: tuple[View, ...]  # of the ticket's
    number: int | None = None
    gate: Gate | None = None
    divisor: int = 0
    positive: bool = False  # whether no number that it makes can be negative


class Program(NamedTuple):
    """The steps that matter (an activation after which nothing comes is left out) and what they are made of."""

    steps: list[Step]
    fed: list[Layout]  # how each affine map finds its input
    sizes: list[int]  # per tensor, of the target
    plain: bool  # dense layers with one relu between neighbours


class _Lowering:
    """Steps while they are made; `tensor`, `shape` and `layout` know what each node became."""

    def __init__(self, target: Target, copies: list[int], signed: bool) -> None:
        self.copies, self.steps, self.fed = copies, list[Step](), list[Layout]()
        self.shape, self.layout, self.positive = {INPUT: target.shape}, {INPUT: Layout()}, {INPUT: not signed}

    def put(self, step: Step, shape: tuple[int, ...]) -> int:
        """Append a step and return its tensor."""
        tensor = len(self.steps)
        need(prod(shape) * step.layout.copies <= LARGEST, f"layers: copies of more than {LARGEST} numbers")
        self.steps.append(step)
        self.shape[tensor], self.layout[tensor], self.positive[tensor] = shape, step.layout, step.positive
        return tensor

    def node(self, node: Node, feeds: tuple[int, ...], what: str) -> int:
        """Append one node's steps and return its tensor."""
        shape, layout = self.shape[feeds[0]], self.layout[feeds[0]]
        positive = all(self.positive[feed] for feed in feeds)
        if node.affine:
            number, copies = len(self.fed), self.copies[len(self.fed)]
            self.fed.append(layout)
            block = prod(node.shape[1:]) if copies > 1 else 1
            return self.put(Step(feeds, Layout(copies, block), (None,), (None,), number=number), node.shape)
        if node.gate:
            positive = positive or node.gate.kind in ("relu", "sigmoid")
            return self.put(Step(feeds, layout, (None,), (None,), gate=node.gate, positive=positive), shape)
        if node.op == "add":
            need(layout == self.layout[feeds[1]], f"{what}: adds neurons in different numbers or orders of copies")
            views = (None, None)
            return self.put(Step(feeds, layout, views, views, divisor=1, positive=positive), shape)
        if node.geometry and node.op == "meanpool":
            return self.pool(node.geometry, feeds[0], node.shape)
        if node.geometry:
            (tall, wide), (down, right) = node.geometry.kernel, node.geometry.stride
            rows, picture = node.geometry.places, node.geometry.picture
            middle = picture[0], rows[1]
            half = self.pool(Geometry(picture, (1, wide), (1, right)), feeds[0], (shape[0], *middle), largest=True)
            return self.pool(Geometry(middle, (tall, 1), (down, 1)), half, (shape[0], *rows), largest=True)
        return feeds[0]  # flatten: vectors are flat

    def pool(self, geometry: Geometry, feed: int, shape: tuple[int, ...], largest: bool = False) -> int:
        """Append the mean, or the maxima one after the other, over the numbers that windows meet."""
        if geometry.kernel == geometry.stride == (1, 1):
            return feed
        layout, positive = self.layout[feed], self.positive[feed]
        layout = layout._replace(block=prod(shape[1:]) if layout.copies > 1 else 1)
        views, made = (
            tuple(
                [i * prod(geometry.picture) + corner + tap for i in range(channels) for corner in geometry.corners()]
                for tap in geometry.taps()
            )
            for channels in (shape[0], shape[0] * layout.copies)
        )
        if not largest or len(views) == 1:
            step = Step((feed,) * len(views), layout, views, made, divisor=len(views), positive=positive)
            return self.put(step, shape)
        best = self.put(Step((feed, feed), layout, views[:2], made[:2], positive=positive), shape)
        for view, other in zip(views[2:], made[2:], strict=True):
            best = self.put(Step((best, feed), layout, (None, view), (None, other), positive=positive), shape)
        return best


def lower(target: Target, copies: list[int], signed: bool) -> Program:
    """Return the steps of a target whose affine map l the ticket makes in copies[l] copies."""
    lowering, tensor = _Lowering(target, copies, signed), {INPUT: INPUT}
    last = len(target.nodes) - 1
    while target.nodes[last].gate and target.nodes[last].feeds[0] != INPUT:
        last = target.nodes[last].feeds[0]
    for number, node in enumerate(target.nodes[: last + 1]):
        tensor[number] = lowering.node(node, tuple(tensor[f] for f in node.feeds), f"slth.arch.nodes[{number}]")
    need(lowering.layout[tensor[last]].copies == 1, "the ticket makes copies of the last layer")
    kinds = [node for node in target.nodes if node.op != "flatten"]
    plain = all(node.gate == RELU if k % 2 else node.op == "dense" for k, node in enumerate(kinds))
    plain = plain and all(node.feeds == (number - 1,) for number, node in enumerate(target.nodes))
    return Program(lowering.steps, lowering.fed, [prod(lowering.shape[k]) for k in range(len(lowering.steps))], plain)


def viewed(view: View, values: list[int]) -> list[int]:
    """Return the numbers that a view means."""
    return values if view is None else list(map(values.__getitem__, view))


def scattered(view: View, row: Row, count: int) -> Row:
    """Return a row on a view as a row on its tensor of `count` numbers."""
    if view is None or not row.c:
        return row
    out = [0] * count
    for place, c in zip(view, row.c, strict=True):
        out[place] += c
    return Row(out, row.bits)


def seen(step: Step, known: list[Known]) -> list[Known]:
    """Return what is known of every view of a step."""
    found = []
    for view, made, part in zip(step.views, step.made, known, strict=True):
        z, d, g = ((viewed(v, x[0]), viewed(v, x[1])) for v, x in zip((view, made, made), part, strict=True))
        found.append(Known(z, d, g))
    return found


def averaged(parts: list[Known], divisor: int) -> Known:
    """R1: the sum of tensors, divided."""
    ends = []
    for kind in zip(*parts, strict=True):
        low, high = (list(map(sum, zip(*(x[k] for x in kind), strict=True))) for k in (0, 1))
        ends.append(([n // divisor for n in low], [-(-n // divisor) for n in high]))
    return Known(*ends)


def apart(p: Interval, q: Interval) -> Interval:
    """Return an enclosure of p - q."""
    return total(p, ([-n for n in q[1]], [-n for n in q[0]]))


def versus(p: Known, q: Known, layout: Layout) -> Known:
    """R1: what is known of p - q."""
    z, d = apart(p.z, q.z), apart(p.d, q.d)
    return Known(z, d, meet(apart(p.g, q.g), total(layout.interval(z), d)))


def larger(p: Known, q: Known, known: Known, layout: Layout) -> Known:
    """R1: what is known of max(p, q), from what is known of p - q."""
    ends: tuple[list[int], list[int]] = ([], [])
    for zl, zu, gl, gu, pl, pu, ql, qu in zip(*layout.interval(known.z), *known.g, *p.d, *q.d, strict=True):
        first, second = zl >= 0 and gl >= 0, zu <= 0 and gu <= 0
        ends[0].append(pl if first else ql if second else min(pl, ql))
        ends[1].append(pu if first else qu if second else max(pu, qu))
    z, g = ((list(map(max, x[0], y[0])), list(map(max, x[1], y[1]))) for x, y in ((p.z, q.z), (p.g, q.g)))
    return Known(z, ends, g)


class Way(NamedTuple):
    """R3 through a step that is not affine, on a region; known is what its lines are about, else what it makes."""

    step: Step
    known: Known
    lines: tuple[Lines, Lines] | None = None  # for h on z and for δh on δz

    def back(self, form: Form, counts: list[tuple[int, int]], ball: Limits) -> tuple[list[Form], int]:
        """Return a form for all that feeds the step, of (target, ticket) sizes `counts`, and the constant to add."""
        parts, constant = [], 0
        for kind, row, views in ((1, form.a, self.step.made), (0, form.b, self.step.views)):
            rows, more = self._rows(row, kind, ball[kind])
            constant += more
            sizes = (count[kind] for count in counts)
            parts.append([scattered(view, r, n) for view, r, n in zip(views, rows, sizes, strict=True)])
        return [Form(a, b) for a, b in zip(*parts, strict=True)], constant

    def _rows(self, row: Row, kind: int, ball: int | None) -> tuple[list[Row], int]:
        """Return a row for every view, and a constant; kind 0 is the target's row, 1 that on δ."""
        count, values, n = len(self.step.views), self.known[kind], self.step.divisor
        if not row.c or n == 1:
            return [row] * count, 0
        if self.lines:
            through, constant = cross(row, self.lines[kind], values, ball)
            if count == 1:
                return [through], constant
            rest = [(c << SLOPE) - n for c, n in zip(row.c, through.c, strict=True)]
            return [through, Row(rest, through.bits)], constant
        lost = any((c << SLOPE) % n for c in row.c)
        constant = up(n * sum(size(values)), row.bits + SLOPE) if lost else 0
        return [Row([(c << SLOPE) // n for c in row.c], row.bits + SLOPE)] * count, constant
