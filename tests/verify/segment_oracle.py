"""The exact sup of |ticket - target| on segments, by Fractions: a lower bound of the sup over the domain."""

import math
import random
from fractions import Fraction
from itertools import pairwise

from tiny_ticket import TinyTicket

Affine = tuple[list[list[Fraction]], list[Fraction]]
Point = list[Fraction]


def trace(network: list[Affine], x: Point, clip_last: bool) -> tuple[list[Fraction], Point]:
    """All pre-activations and the output."""
    seen, h = [], x
    for k, (matrix, bias) in enumerate(network):
        z = [sum((p * q for p, q in zip(row, h, strict=True)), b) for row, b in zip(matrix, bias, strict=True)]
        seen += z
        h = [max(v, Fraction(0)) for v in z] if k + 1 < len(network) or clip_last else z
    return seen, h


def gap(ticket: TinyTicket, x: Point) -> tuple[list[Fraction], Fraction]:
    """All pre-activations of both networks and the largest output difference, at one point."""
    clip = ticket.target.trailing_relu
    seen, f = trace(ticket.target.affine(), x, clip)
    more, g = trace(ticket.affine(), x, clip)
    return seen + more, max(abs(p - q) for p, q in zip(f, g, strict=True))


def segment_sup(ticket: TinyTicket, x: Point, y: Point) -> Fraction:
    """The exact maximum on [x, y]: break at every sign change of a pre-activation until there is none."""

    def at(t: Fraction) -> tuple[list[Fraction], Fraction]:
        return gap(ticket, [p + t * (q - p) for p, q in zip(x, y, strict=True)])

    points = {Fraction(0): at(Fraction(0)), Fraction(1): at(Fraction(1))}
    while True:
        new = set()
        for s, t in pairwise(sorted(points)):
            for u, v in zip(points[s][0], points[t][0], strict=True):
                if u * v < 0:
                    new.add(s + (t - s) * u / (u - v))
                    break  # deeper pre-activations are linear only after the shallower ones are
        if not new:
            return max(value for _, value in points.values())
        points |= {t: at(t) for t in new}


def random_point(ticket: TinyTicket, draw: random.Random, ball: int = 0) -> Point:
    """A point of the domain (of one ball of a union), often a corner."""
    inputs, spec = len(ticket.target.weights[0][0]), ticket.domain
    if spec["kind"] == "hull":
        ends = zip(ticket.extra["domain.lower"][2], ticket.extra["domain.upper"][2], strict=True)
        box = [(Fraction(p), Fraction(q)) for p, q in ends]
    else:
        box = [(Fraction(spec["lo"]), Fraction(spec["hi"]))] * inputs

    def between(low: Fraction, high: Fraction) -> Fraction:
        return draw.choice([low, high, low + (high - low) * Fraction(draw.randint(0, 8), 8)])

    if spec["kind"] != "ball":
        return [between(*ends) for ends in box]
    centre = [Fraction(c) for c in ticket.extra["domain.centres"][2][ball * inputs : (ball + 1) * inputs]]
    radius = Fraction(spec["radius"])
    step = [between(-radius, radius) for _ in range(inputs)]
    if spec["norm"] == "l2" and (length := sum(s * s for s in step)) > radius * radius:
        shrink = radius / Fraction(math.nextafter(math.sqrt(length), math.inf))
        step = [s * shrink for s in step]
        if sum(s * s for s in step) > radius * radius:
            raise ArithmeticError("the point left the ball")
    return [min(max(c + s, low), high) for c, s, (low, high) in zip(centre, step, box, strict=True)]


def domain_sup(ticket: TinyTicket, draw: random.Random, segments: int) -> Fraction:
    """The best lower bound from some segments of the domain; each ball of a union is convex."""
    balls = ticket.extra["domain.centres"][1][0] if ticket.domain["kind"] == "ball" else 1
    best = Fraction(0)
    for _ in range(segments):
        ball = draw.randrange(balls)
        best = max(best, segment_sup(ticket, random_point(ticket, draw, ball), random_point(ticket, draw, ball)))
    return best
