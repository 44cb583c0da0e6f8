"""The fewest samples that are proved to suffice: each of our bounds is asked, the best answer counts.

`growth` serves any law with a known least density, in groups; `unimodal` serves laws whose density falls with |x|, one
group for targets as large as the law's own scale; `least_iteration` follows the latter's growth step by step, which
takes a tenth of a second and is done where at most 1000 samples are in question. The iteration with second moments,
`iteration`, is not asked: it takes a second and is better by a sample for small targets of uniform samples only.
"""

from __future__ import annotations

import math

from slth.theory.bounds import growth, least_iteration, unimodal
from slth.theory.bounds.growth import CertifiedSamples

_OCTAVES = range(4)  # half widths of a group that are tried: 1, 1/2, ..., in units of the law
_ITERATED = 1000  # samples
_BITS = 10  # to which eps is rounded down for an iteration, so that calls share one


def sufficient_n(law: str, eps: float, delta: float, radius: float = 1.0, *, keep: float = 1.0) -> CertifiedSamples:
    """Samples with which, with probability >= 1 - delta, *every* |z| <= radius has a subset within eps.

    Parameters
    ----------
    law : str
        U uniform on [-1, 1], N standard normal, UU and NN products of two of them, D half UU and half zero.
    eps, radius : float
        In units of the law.
    delta : float
        In (0, 1).
    keep : float
        Each sample is there with this probability only, independently.

    Raises
    ------
    BadInput
        For an unknown law or numbers out of range.

    Source: ours, proved in proofs_checks (growth_failure, growth_least) and in `least_iteration`; groups by a union
    bound.

    >>> [sufficient_n(law, 0.01, 0.01).total for law in ("U", "N", "UU", "NN", "D")]
    [43, 45, 70, 58, 145]
    >>> sufficient_n("UU", 0.01, 0.01, keep=0.5).total
    145
    """
    best = _closed(law, eps, delta, radius, keep)
    if law in unimodal.LAWS and 0 < best.total <= _ITERATED:
        mantissa, exponent = math.frexp(eps)
        rounded = math.ldexp(math.floor(math.ldexp(mantissa, _BITS)), exponent - _BITS)
        found = least_iteration.certified_n(law, rounded, delta, radius, keep, most=best.total - 1)
        best = best if found is None else found
    return best


def _closed(law: str, eps: float, delta: float, radius: float, keep: float) -> CertifiedSamples:
    """The least of the closed formulas."""
    best = growth.certified_n(law, eps, delta, radius, keep=keep)
    for octave in _OCTAVES:
        width = 2.0**-octave
        if law not in unimodal.LAWS or (law == "N" and octave):
            continue
        groups = max(1, math.ceil(radius / width - 1e-12))
        rate = -math.log1p(-keep * unimodal.kappa(law, width) / 2)
        part = eps / groups
        if part >= width or rate <= 0:
            continue
        needed = (float(growth.start(width, part)) - math.log(delta / groups)) / rate
        each = max(0, math.ceil(needed))
        if groups * each < best.total:
            best = CertifiedSamples(groups, each, min(1.0, math.exp(-rate * (each - needed)) * delta))
    return best
