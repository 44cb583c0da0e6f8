"""Collapse a ticket of stages to one affine map per affine node of the target, in integers (FORMAT.md 6 and 7)."""

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import prod
from operator import mul

from .documents import Ticket
from .fixed import Interval, down, ends, need, scaled
from .lines import RELU
from .maps import ENTRY, TAP, Kernel, Map, Matrix, most
from .source import BITS, SourceLayer, kept_weights
from .steps import Layout, Program, lower
from .target import INPUT, Affine, Target

CUBIC = {"tanh": Fraction((1 << 60) // 3 + 1, 1 << 60), "sigmoid": Fraction((1 << 60) // 48 + 1, 1 << 60)}
LARGEST = 1 << 27  # entries of a stage's map
Rows = list[list[int]]
Numbers = dict[int, int]


@dataclass
class Sums:
    """What the kept entries of a stage add up to: V⁺ = unit (P + s N), V⁻ = unit (N + s P), s the slope below 0."""

    plus: Rows  # P: units with a positive weight (all units where minus is None: then V⁺ = V⁻, or h' >= 0)
    minus: Rows | None  # N: units with a negative weight
    unit: Fraction
    slope: Fraction
    constant: Interval  # c, at 2^-F
    cubes: Rows  # what |h'|³ may add, in units of `third`
    third: Fraction


@dataclass(frozen=True)
class Maps:
    """z = W h + b and δz = V δh + D h + e, D = V - W repeated; D and V may take (x⁺, x⁻) as h.

    e is enclosed up to what `uneven` |h'| adds, between 0 and its largest, and `rest` |h'|³, of either sign.
    """

    W: Map
    V: Map
    D: Map
    b: Interval
    e: Interval
    uneven: Map | None
    rest: Map | None


def _units(ticket: Ticket, index: int, inputs: int, both: bool) -> tuple[Numbers, Numbers, tuple[Numbers, Numbers]]:
    """Read the first layer of a stage: per unit its slot, its weight, and the ends of its level (at 2^-F, or exact).

    Slots are P's inputs, then N's where `both`, then the constant; a unit that adds nothing to them has weight 0.
    """
    first, one = ticket.layers[index], Fraction(ticket.layers[index].scale) / 2 ** BITS[ticket.law]
    gate, constant = first.activation, inputs * (1 + both)
    slot: dict[int, int] = defaultdict(int)
    weight: dict[int, int] = defaultdict(int)
    rest = gate.image(0)
    low: dict[int, int] = defaultdict(lambda: rest[0])
    high: dict[int, int] = defaultdict(lambda: rest[1])
    last = -1
    for entries, values in kept_weights(ticket.key, ticket.law, first):
        for entry, a in zip(entries, values, strict=True):
            unit, j = divmod(entry, first.columns)
            need(unit != last, f"mask.{index}: unit {unit} keeps more than one entry (block rule)")
            last = unit
            if first.bias and j == first.columns - 1:
                if gate.kind != "relu":
                    at = ends([a * one])
                    low[unit], high[unit] = gate.image(at[0][0])[0], gate.image(at[1][0])[1]
                elif a > 0:
                    slot[unit], weight[unit] = constant, a
            elif a > 0 or both or gate.kind in CUBIC:
                slot[unit], weight[unit] = (inputs + j if a < 0 and both else j), a
    return slot, weight, (low, high)


def sums(ticket: Ticket, index: int, inputs: int, signed: bool) -> Sums:
    """Add up the second layer's kept entries: M_2 times the collapsed first layer, and what a level adds."""
    first, second = ticket.layers[index : index + 2]
    fed, taps, kind = second.columns - first.rows, second.taps, first.activation.kind
    both = kind == "leaky_relu" or (kind == "relu" and signed and not fed)
    slot, weight, (low, high) = _units(ticket, index, inputs, both)
    width = inputs * (1 + both)
    rows = [[0] * (width + 1) * taps for _ in range(second.rows)]
    cubes = [[0] * inputs * taps for _ in range(second.rows if kind in CUBIC else 0)]
    levels: Interval = ([0] * second.rows, [0] * second.rows)
    for entries, values in kept_weights(ticket.key, ticket.law, second):
        at = 0
        for i in range(entries[0] // second.width, entries[-1] // second.width + 1):
            start, end = i * second.width, bisect_left(entries, (i + 1) * second.width, at)
            places, v = [entry - start for entry in entries[at:end]], values[at:end]
            at, row = end, rows[i]
            units = [place // taps - fed for place in places] if taps > 1 or fed else places
            if fed:
                direct = bisect_left(places, fed * taps)
                for place, n in zip(places[:direct], v, strict=False):
                    row[place] += n
                places, v, units = places[direct:], v[direct:], units[direct:]
            terms, slots = map(mul, v, map(weight.__getitem__, units)), list(map(slot.__getitem__, units))
            if taps > 1:
                slots = [j * taps + place % taps for j, place in zip(slots, places, strict=True)]
            for j, term in zip(slots, terms, strict=True):
                row[j] += term
            if kind != "relu":
                for n, unit, place in zip(v, units, places, strict=True):
                    pair = n * low[unit], n * high[unit]
                    levels[0][i] += min(pair)
                    levels[1][i] += max(pair)
                    if kind in CUBIC:
                        cubes[i][slot[unit] * taps + place % taps] += abs(n * weight[unit] ** 3)
    return _summed(ticket, index, inputs * taps, both, rows, cubes, levels)


def _summed(ticket: Ticket, index: int, width: int, both: bool, rows: Rows, cubes: Rows, levels: Interval) -> Sums:
    """Give the sums their units; `width` entries belong to P."""
    first, second = ticket.layers[index : index + 2]
    one, two = (Fraction(layer.scale) / 2 ** BITS[ticket.law] for layer in (first, second))
    kind, split = first.activation.kind, width * (1 + both)
    c, (n, d) = ends([sum(row[split:]) * one * two for row in rows]), two.as_integer_ratio()
    c = (
        [p + t * n // d for p, t in zip(c[0], levels[0], strict=True)],
        [p - (-t * n // d) for p, t in zip(c[1], levels[1], strict=True)],
    )
    unit = two if second.columns > first.rows else one * two / (4 if kind == "sigmoid" else 1)
    minus = [row[width:split] for row in rows] if both else None
    plus, third = [row[:width] for row in rows], two * one**3 * CUBIC.get(kind, 0)
    return Sums(plus, minus, unit, first.activation.slope, c, cubes, third)


class Layer:
    """One affine node of the target and its stage."""

    def __init__(self, affine: Affine, found: Sums, fed: Layout, copies: int) -> None:
        self.affine, self.sums, self.fed, self.copies = affine, found, fed, copies
        self.places = prod(affine.geometry.places) if affine.geometry else 1
        rows = len(affine.weight)
        b = ends(affine.bias or [0.0] * rows)
        e = [c - b[1][i // copies] for i, c in enumerate(found.constant[0])]
        f = [c - b[0][i // copies] for i, c in enumerate(found.constant[1])]
        self.b, self.e = ((self._spread(p), self._spread(q)) for p, q in (b, (e, f)))

    @property
    def products(self) -> int:
        """Return how many multiplications the target's map takes."""
        return len(self.affine.weight) * len(self.affine.weight[0]) * self.places

    def _spread(self, values: list[int]) -> list[int]:
        return [v for v in values for _ in range(self.places)]

    def _map(self, rows: Rows, bits: int, error: int, entry: int = TAP) -> Map:
        """Return a map of the node's geometry; `entry` is for convolutions."""
        if self.affine.geometry:
            return Kernel.rounded(rows, bits, error, self.affine.geometry, entry)
        return Matrix.rounded(rows, bits, error)

    def _alone(self, rows: Rows, unit: Fraction) -> Map:
        """Return a map on a scale of its own."""
        integers, fine, lost = _fine(rows, unit, _bits(most(rows) * unit))
        return self._map(integers, fine, lost)

    @cache  # noqa: B019 - a layer lives as long as the program
    def maps(self, kind: str) -> Maps:
        """Return the maps for inputs that are lifted, plus (h' >= 0) or of any sign (FORMAT.md 7, difference)."""
        unit, plus, minus = self.sums.unit, self.sums.plus, self.sums.minus
        right, left, uneven = plus, plus, None
        if minus is not None:
            n, d = self.sums.slope.as_integer_ratio()
            unit /= d
            right, left = (
                [[d * p + n * q for p, q in zip(*pair, strict=True)] for pair in zip(*sides, strict=True)]
                for sides in ((plus, minus), (minus, plus))
            )
        if kind == "lifted":
            right = [row + [-n for n in other] for row, other in zip(right, left, strict=True)]
        elif kind == "any" and minus is not None:
            unit /= 2
            pairs = [list(zip(*pair, strict=True)) for pair in zip(right, left, strict=True)]
            uneven = self._alone([[p - q for p, q in row] for row in pairs], unit)
            right = [[p + q for p, q in row] for row in pairs]
        cubes = self.sums.cubes
        rest = self._alone(cubes, self.sums.third) if any(map(any, cubes)) else None
        return Maps(*self._difference(right, unit, kind == "lifted"), self.b, self.e, uneven, rest)

    def _difference(self, rows: Rows, unit: Fraction, lifted: bool) -> tuple[Map, Map, Map]:
        """Put V = (rows unit) and W on one fine scale, form D there, then each on its own."""
        weight, geometry = self.affine.weight, self.affine.geometry
        block = prod(geometry.kernel) if geometry else self.fed.block
        bits = _bits(max(most(rows) * unit, *(Fraction(max(map(abs, row))) for row in weight)))
        v, fine, v_lost = _fine(rows, unit, bits)
        pairs = [[scaled(x, fine) for x in row] for row in weight]
        w_lost = not all(exact for row in pairs for _, exact in row)
        w = [[n for n, _ in row] for row in pairs]
        folded = [self.fed.folded(row, block) for row in v]
        wide = [row + [-n for n in row] for row in w] if lifted else w
        d = [[p - q for p, q in zip(row, wide[i // self.copies], strict=True)] for i, row in enumerate(folded)]
        error = v_lost * self.fed.copies + w_lost
        return self._map(w, fine, w_lost), self._map(v, fine, v_lost), self._map(d, fine, error, ENTRY)


def _bits(top: Fraction) -> int:
    """Return a scale 96 bits below the largest entry."""
    return 96 - (top.numerator.bit_length() - top.denominator.bit_length())


def _fine(rows: Rows, unit: Fraction, bits: int) -> tuple[Rows, int, bool]:
    """Return (rows unit) in units of 2^-bits, rounded down: integers, bits, and whether that lost anything."""
    n, shift = unit.numerator, unit.denominator.bit_length() - 1 - bits  # unit is n over a power of two
    lost = any(x * n & (1 << max(0, shift)) - 1 for row in rows for x in row)
    return [[down(x * n, shift) for x in row] for row in rows], bits, lost


def _fits(first: SourceLayer, second: SourceLayer, affine: Affine, fed: Layout) -> bool:
    """Tell whether two layers of the source are a stage for an affine node that is fed so many copies."""
    taps = prod(affine.geometry.kernel) if affine.geometry else 1
    inputs, biased = len(affine.weight[0]) // taps, affine.bias is not None
    if second.direct:
        shapes = (first.columns, first.bias, second.columns) == (1, True, inputs * fed.copies + first.rows)
    else:
        shapes = (first.columns, first.bias, second.columns) == (inputs + biased, biased, first.rows)
        shapes = shapes and fed.copies == 1 and first.rows > 0
    rows = second.rows == len(affine.weight) * second.copies and not second.bias
    kernels = first.kernel == (1, 1) and second.kernel == (affine.geometry.kernel if affine.geometry else (1, 1))
    plain = second.activation == RELU and not first.direct and first.copies == 1
    return shapes and rows and kernels and plain and (not second.direct or first.activation == RELU)


def collapse(ticket: Ticket, target: Target, signed: bool) -> tuple[Program, list[Layer]]:
    """Return target and ticket, step by step; `signed` tells whether the domain has negative coordinates."""
    need(len(ticket.layers) == 2 * len(target.affine), "the number of layers does not fit the target's")
    copies = [layer.copies for layer in ticket.layers[1::2]]
    program, layers = lower(target, copies, signed), []
    steps = [step for step in program.steps if step.number is not None]
    for number, (affine, fed, step) in enumerate(zip(target.affine, program.fed, steps, strict=True)):
        first, second = ticket.layers[2 * number : 2 * number + 2]
        need(_fits(first, second, affine, fed), f"layers[{2 * number}]: shape or kind does not fit the target's")
        source = step.feeds[0]
        negative = signed if source == INPUT else not program.steps[source].positive
        inputs = second.columns - first.rows or first.columns - first.bias
        need(second.rows * inputs * second.taps <= LARGEST, f"layers[{2 * number}]: a map of more than 2^27 entries")
        layers.append(Layer(affine, sums(ticket, 2 * number, inputs, negative), fed, copies[number]))
    return program, layers
