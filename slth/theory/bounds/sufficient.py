"""The fewest samples that are proved to suffice: each of our bounds is asked, the best answer counts.

`growth` serves any law with a known least density, in groups; `unimodal` serves laws whose density falls with |x|, one
group for targets as large as the law's own scale. Which is better depends on the law, the radius and the accuracy. The
value iteration of `iteration` is sharper for uniform and normal samples and takes a second; it is not asked here.
"""

from __future__ import annotations

import math

from slth.theory.bounds import growth, unimodal
from slth.theory.bounds.growth import CertifiedSamples

_OCTAVES = range(4)  # half widths of a group that are tried: 1, 1/2, ..., in units of the law


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

    Source: ours, proved in proofs_checks (growth_failure, growth_least); groups by a union bound.

    >>> [sufficient_n(law, 0.01, 0.01).total for law in ("U", "N", "UU", "NN", "D")]
    [56, 59, 119, 85, 247]
    >>> sufficient_n("UU", 0.01, 0.01, keep=0.5).total
    247
    """
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
