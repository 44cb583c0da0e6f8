"""Removing neurons needs a kink near the target's: three constraints on one sector of the plane."""

import numpy as np
import sympy as sp
from scipy.optimize import linprog

from proofs_checks.algebra import identical, nonnegative
from proofs_checks.lemma import Lemma, Verdict, judge

ANGLES = np.linspace(0.05, 1.5, 30)


def check(factor: sp.Rational) -> Verdict:
    """eps >= `factor` tan(alpha/2) for A cos + B sin within eps of max(0, sin) at 0 and at +-alpha, alpha < pi/2."""
    half = sp.Symbol("half", positive=True)  # tan(alpha/2): cos = (1-half^2)/(1+half^2), sin = 2 half/(1+half^2)
    cosine, sine = (1 - half**2) / (1 + half**2), 2 * half / (1 + half**2)
    level, slope = half / 2, sp.Rational(1, 2)  # attained: A and B
    return judge(
        (
            # at 0: |A| <= eps; the other two added: sin - 2 A cos <= 2 eps, so sin <= 2 eps (1 + cos)
            identical(sine / (2 * (1 + cosine)), half / 2),
            identical(level * cosine + slope * sine - sine, -level),
            identical(level * cosine - slope * sine, -level),
            nonnegative(half / 2 - factor * half),
            *(_linear_program(float(angle), float(factor)) for angle in ANGLES),
        )
    )


def _linear_program(angle: float, factor: float) -> bool:
    """The least eps by linear programming over A, B, eps."""
    rows, sides = [], []
    for phi in (0.0, angle, -angle):
        for sign in (1, -1):
            rows.append([sign * np.cos(phi), sign * np.sin(phi), -1.0])
            sides.append(sign * max(0.0, np.sin(phi)))
    least = linprog([0, 0, 1], rows, sides, bounds=[(None, None)] * 2 + [(0, None)]).fun
    return bool(least >= factor * np.tan(angle / 2) - 1e-9)


LEMMA = Lemma(
    statement="if A cos(phi) + B sin(phi) is within eps of max(0, sin(phi)) for |phi| <= alpha < pi/2, then "
    "eps >= tan(alpha/2)/2, attained by A = tan(alpha/2)/2, B = 1/2",
    how="sympy, sum of constraints; linear programs",
    depth=f"all parameters; {len(ANGLES)} angles",
    step=0,
    expected=Verdict.PROVED,
    check=check,
    claim=sp.Rational(1, 2),
    false_statement="eps >= tan(alpha/2)",
    false_claim=sp.Rational(1),
)
