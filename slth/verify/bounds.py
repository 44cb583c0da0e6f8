"""The rules of inference R0 to R4 and R7: from steps and a region to a proved bound, in integers (FORMAT.md 7)."""

from operator import add, mul, neg

from .balls import Balls
from .collapse import Layer, Maps
from .crossing import Crossing, lift
from .domain import Region
from .fixed import F, Interval, around, meet, norm, plus, size, total, up
from .lines import HALF, RELU, ZERO, Known, Row, merged
from .maps import Kernel, Map
from .steps import Form, Program, Step, Way, averaged, larger, seen, versus
from .target import INPUT

CHUNK = 10  # rows that go back together
BUDGET = 1 << 29  # multiplications that R4 may take for one layer, where there are not only dense layers


def maximum(beta: list[int], bits: int, region: Region) -> int:
    """R0: the maximum over the region of β⁺·x⁺ + β⁻·x⁻, or of β·x where beta has one coefficient per input."""
    (low, high), count = region.box, len(region.box[0])
    right, left = beta[:count], beta[count:]
    if left:
        at = [map(add, map(mul, right, plus(x)), map(mul, left, plus(map(neg, x)))) for x in region.box]
        best = sum(max(p, q, 0) if s < 0 < t else max(p, q) for p, q, s, t in zip(*at, low, high, strict=True))
    else:
        best = sum(map(max, map(mul, right, low), map(mul, right, high)))
    if region.ball is None:
        return up(best, bits)
    linear, rest = [], 0  # twice the form is linear · x + (p + q) |x|, the latter for coordinates of both signs
    for p, q, s, t in zip(right, left or map(neg, right), low, high, strict=True):
        linear.append(2 * p if s >= 0 else -2 * q if t <= 0 else p - q)
        rest += max(0, (p + q) * max(-s, t)) if s < 0 < t else 0
    ball = sum(map(mul, linear, region.ball[0])) + norm(linear) * region.ball[1] + rest
    return min(up(best, bits), up(ball, bits + 1))


def image(m: Map, region: Region) -> Interval:
    """R0 for every row of M: each sees the inputs that it meets, lifted where M has twice as many columns as inputs."""
    count = len(region.box[0])
    if isinstance(m, Kernel):
        twice = m.channels * m.geometry.picture[0] * m.geometry.picture[1] > count
        if region.ball is None and not twice:
            return m.affine(region.box)
        ends: list[list[list[int]]] = [[[] for _ in m.rows] for _ in "lh"]
        for places, entries in m.patches():
            part = region.at(places[: len(places) >> twice])
            for k, row in enumerate(m.rows):
                beta = [row[entry] for entry in entries]
                ends[0][k].append(-maximum([-c for c in beta], m.bits, part))
                ends[1][k].append(maximum(beta, m.bits, part))
        low, high = ([v for row in end for v in row] for end in ends)
        return low, high
    low = [-maximum([-c for c in row], m.bits, region) for row in m.rows]
    return low, [maximum(row, m.bits, region) for row in m.rows]


class Bound:
    """The rules on one region: all that is stored holds for every real x of the region."""

    def __init__(self, program: Program, layers: list[Layer], region: Region, signed: bool, tight: bool = True) -> None:
        self.program, self.layers, self.region, self.signed, self.tight = program, layers, region, signed, tight
        none = [0] * len(region.box[0])
        self.input = Known(region.box, (none, none), region.box)
        self.known: list[Known] = []
        self.ways: list[Crossing | Way] = []
        self.balls = Balls(region, signed, self.known, self.ways)
        for step in program.steps:
            self.known.append(self._step(step) if step.number is None else self._affine(step, layers[step.number]))

    def at(self, tensor: int) -> Known:
        """Return what is known of a tensor."""
        return self.input if tensor == INPUT else self.known[tensor]

    def _step(self, step: Step) -> Known:
        """R1 and R2 for a step that is not affine."""
        parts = seen(step, [self.at(feed) for feed in step.feeds])
        if step.divisor:
            after = averaged(parts, step.divisor)
            self.ways.append(Way(step, after))
        else:
            known, gate = (parts[0], step.gate) if step.gate else (versus(parts[0], parts[1], step.layout), RELU)
            after, lines, delta_lines = gate.through(known, step.layout.interval(known.z))
            after = after if step.gate else larger(parts[0], parts[1], known, step.layout)
            self.ways.append(Way(step, known, (lines, delta_lines)))
        return after

    def _affine(self, step: Step, layer: Layer) -> Known:
        """R1 and R4 for an affine map; rounding of its entries goes into the biases."""
        x, first = self.at(step.feeds[0]), step.feeds[0] == INPUT
        positive = first or self.program.steps[step.feeds[0]].positive or min(*x.z[0], *x.g[0]) >= 0
        maps = layer.maps(("lifted" if self.signed else "plus") if first else "plus" if positive else "any")
        e = total(maps.e, self._extra(maps, size(x.g)))
        slack = maps.D.lost(size(x.z)) + maps.V.lost(size(x.d))
        b = total(maps.b, around(maps.W.lost(size(x.z)), len(maps.b[0])))
        wide = total(e, around(slack, len(e[0])))
        z, d = total(self._image(maps.W, x.z, first), b), total(self._image(maps.D, x.z, first), wide)
        if not first:
            d = total(d, maps.V.affine(x.d))
        number = len(self.known)
        self.ways.append(Crossing(maps, b, wide, sum(size(z)), sum(size(d)), first))
        if self.tight and not first and self._worth(number):
            self._tighten(number, z, d)
            self.ways[-1] = Crossing(maps, b, wide, sum(size(z)), sum(size(d)), first)
        own = total(self._image(maps.V, x.g, first), total(step.layout.interval(maps.b), e))
        own = total(own, around(maps.V.lost(size(x.g)), len(own[0])))
        return Known(z, d, meet(own, total(step.layout.interval(z), d)))

    def _image(self, m: Map, x: Interval, first: bool) -> Interval:
        """R1, and R0 for a map that reads the network's input."""
        return image(m, self.region) if first else m.affine(x)

    def _extra(self, maps: Maps, sizes: list[int]) -> Interval:
        """I: what |h'| and |h'|³ add to e, for h' of these sizes."""
        none, count = [0] * len(sizes), len(maps.e[0])
        extra = around(0, count)
        if maps.uneven:
            extra = total(maps.uneven.affine((none, sizes)), around(maps.uneven.lost(sizes), count))
        if maps.rest:
            cubes = [up(n**3, 2 * F) for n in sizes]
            high = maps.rest.affine((none, cubes))[1]
            extra = total(total(extra, ([-n for n in high], high)), around(maps.rest.lost(cubes), count))
        return extra

    def _worth(self, number: int) -> bool:
        """R4: whether a layer is hidden and, where there are not only dense layers and relus, cheap enough."""
        if number == len(self.program.steps) - 1:
            return False
        steps = [step.number for step in self.program.steps[: number + 1]]
        products = sum(self.layers[n].products for n in steps if n is not None)
        return self.program.plain or 4 * self.program.sizes[number] * products <= BUDGET

    def _tighten(self, number: int, z: Interval, d: Interval) -> None:
        """R4: intersect z and δz of a hidden layer with backward passes, but where both relus are off."""
        steps, layout = self.program.steps, self.program.steps[number].layout
        relus = all(step.gate == RELU for step in steps if number in step.feeds)
        owner, top = layout.beside(list(range(len(z[0])))), z[1]
        open_d = [k for k, i in enumerate(owner) if not relus or top[i] > 0 or top[i] + d[1][k] > 0]
        open_z = dict.fromkeys(owner[k] for k in open_d)
        tasks = [(z, i, sign) for i in open_z for sign in (1, -1)] + [(d, k, sign) for k in open_d for sign in (1, -1)]
        for at in range(0, len(tasks), CHUNK):
            chunk, forms = tasks[at : at + CHUNK], []
            for target, i, sign in chunk:
                row = Row([sign * (i == j) for j in range(len(target[0]))], 0)
                forms.append(Form(ZERO, row) if target is z else Form(row, ZERO))
            for (target, i, sign), bound in zip(chunk, self.backward(number, forms, False), strict=True):
                end = target[sign > 0]
                end[i] = min(end[i], bound) if sign > 0 else max(end[i], -bound)

    def backward(self, tensor: int, forms: list[Form], ball: bool) -> list[int]:
        """R3: upper bounds of forms on one tensor, going back to the input."""
        waiting, constants = {tensor: forms}, [0] * len(forms)
        for number in range(tensor, INPUT, -1):
            if number not in waiting:
                continue
            forms, way, feeds = waiting.pop(number), self.ways[number], self.program.steps[number].feeds
            if isinstance(way, Crossing):
                self._leave(waiting, feeds[0], way.back(forms, constants))
                continue
            counts, parts = [(len(self.at(feed).z[0]), len(self.at(feed).d[0])) for feed in feeds], []
            for k, form in enumerate(forms):
                limits = self.balls.limits(number // 2, form, way, ball) if self.program.plain else (None, None)
                found, constant = way.back(form, counts, limits)
                constants[k] += constant
                parts.append(found)
            for feed, column in zip(feeds, zip(*parts, strict=True), strict=True):
                self._leave(waiting, feed, list(column))
        rows = [form.b for form in waiting.get(INPUT, [])]
        return [c + (maximum(*row, self.region) if row.c else 0) for c, row in zip(constants, rows, strict=True)]

    def _leave(self, waiting: dict[int, list[Form]], feed: int, forms: list[Form]) -> None:
        """Add forms to those that wait at a tensor; the two networks have the same input, and one may be lifted."""
        if feed == INPUT:
            count = len(self.region.box[0])
            forms = [Form(ZERO, lift(b) if self.signed and len(b.c) == count else b) for _, b in forms]
        if feed in waiting:
            forms = [Form(merged(a, c), merged(b, d)) for (a, b), (c, d) in zip(waiting[feed], forms, strict=True)]
        waiting[feed] = forms

    def result(self, best: int) -> int:
        """R7: the larger of `best` and the bound of all |δ| of the last tensor; idle passes are left out."""
        number, (low, high) = len(self.known) - 1, self.known[-1].d
        count, values = len(low), [*high, *map(neg, low)]
        way = self.ways[number]
        exact = isinstance(way, Crossing) and way.first
        lines = [part for way in self.ways if isinstance(way, Way) for part in way.lines or ()]
        rounds = self.program.plain and any(HALF in part[4] for part in lines)
        for ball in () if exact else (False, True) if rounds else (False,):
            last, step = ball or not self.program.plain, 1 if ball else CHUNK
            order = sorted(range(2 * count), key=values.__getitem__, reverse=True)
            for at in range(0, 2 * count, step):
                chunk = [k for k in order[at : at + step] if values[k] > best]
                rows = [[(1 if k < count else -1) * (i == k % count) for i in range(count)] for k in chunk]
                found = self.backward(number, [Form(Row(row, 0), ZERO) for row in rows], ball) if rows else []
                for k, bound in zip(chunk, found, strict=True):
                    values[k] = min(values[k], bound)
                    best = max(best, values[k]) if last else best
        return max(best, *values)
