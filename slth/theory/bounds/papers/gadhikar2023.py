"""Gadhikar, Mukherjee, Burkholz (ICML 2023): random networks from which edges are missing at random."""

from __future__ import annotations

import numpy as np

from slth.theory.bounds.catalogue import Numbers, formula
from slth.theory.bounds.growth import certified_n


@formula(
    "C width / ln(1 / (1 - share))",
    gives="units",
    of="network",
    side="sufficient",
    sure="order only",
    seen="summary",
    printed="abstract: wider by 1/log(1/sparsity)",
    assumes="every edge of the random network is there with chance share (sparsity 1 - share)",
)
def required_width(width: Numbers, share: Numbers, *, constant: Numbers = 1.0) -> Numbers:
    """Width with which random masks still hold every target of `width` neurons a layer.

    >>> required_width(100, [0.5, 0.1]).round(1).tolist()
    [144.3, 949.1]
    """
    return np.asarray(constant * width / -np.log1p(-share))


@formula(
    "C width / ln(1 / (1 - share))",
    gives="units",
    of="network",
    side="necessary",
    sure="order only",
    seen="summary",
    printed="abstract: necessary at least for random networks of three layers",
    assumes="every edge of a random network of three layers is there with chance share",
)
def lower_bound(width: Numbers, share: Numbers, *, constant: Numbers = 1.0) -> Numbers:
    """The same order is necessary for three layers.

    >>> float(lower_bound(100, 0.5).round(1))
    144.3
    """
    return required_width(width, share, constant=constant)


@formula(
    "ln((1/eps - 1) (2/eps - 1) / delta) / -ln(1 - share/4), rounded up",
    gives="samples",
    of="sum",
    side="sufficient",
    sure="constant ours, certified",
    seen="ours",
    printed="expected growth, after da Cunha et al. (ESA 2023), for thinned samples",
    assumes="uniform samples on [-1, 1], each of which is there with chance share; all targets |z| <= 1/2 at once",
)
def certified_samples(eps: Numbers, delta: Numbers, share: Numbers) -> Numbers:
    """Samples, missing ones counted, of which some subset is within eps of each target with chance 1 - delta.

    >>> certified_samples(0.01, 0.01, [0.5, 0.999999]).tolist()
    [109.0, 51.0]
    """
    least = np.vectorize(lambda eps, delta, keep: certified_n("U", eps, delta, 0.5, keep=keep).total, otypes=[float])
    return np.asarray(least(eps, delta, share))
