"""Otsuka, Chijiwa, Okoshi, Fujiki, Takeuchi, Motomura (2025): multi-head attention.

Where the appendix scales keys by the root d_K^(1/4) of the target's width it means n_K^(1/4), that of the source.
"""

from __future__ import annotations

import numpy as np

from slth.theory.bounds.catalogue import Numbers, formula

ATTENTION = (
    "tokens of norm at most alpha >= max(sqrt d_in, sqrt d_out); projections of spectral norm at most 1; chance 1 - "
    "eps; any number of tokens"
)


@formula(
    "d_in C ln(d_in d_out / eps)",
    gives="units",
    of="layer",
    side="sufficient",
    sure="order only",
    seen="text",
    printed="Lemma 7",
    assumes="no activation; target entries in [-1, 1]; uniform weights; entrywise error eps/(d_in d_out), chance 1-eps",
)
def required_width(d_in: Numbers, d_out: Numbers, eps: Numbers, *, constant: Numbers = 1.0) -> Numbers:
    """Units between two random matrices whose pruned product is a target matrix.

    >>> float(required_width(64, 64, 0.01).round(1))
    827.1
    """
    return constant * d_in * np.log(d_in * d_out / eps)


@formula(
    "d_in C ln(8 heads alpha^3 d_in^(3/2) / eps)",
    gives="units",
    of="layer",
    side="sufficient",
    sure="order only",
    seen="text",
    printed="Theorem 3",
    assumes=ATTENTION + "; queries and keys uniform on [-n^(1/4), n^(1/4)], n the width returned",
)
def required_width_of_keys(
    d_in: Numbers, heads: Numbers, alpha: Numbers, eps: Numbers, *, constant: Numbers = 1.0
) -> Numbers:
    """Width of queries and keys of the random attention layer.

    >>> float(required_width_of_keys(64, 8, 8, 0.01).round(1))
    1359.4
    """
    return constant * d_in * np.log(8 * heads * np.power(alpha, 3.0) * np.power(d_in, 1.5) / eps)


@formula(
    "d_in C ln(2 heads alpha d_in sqrt(d_out) / eps)",
    gives="units",
    of="layer",
    side="sufficient",
    sure="order only",
    seen="text",
    printed="Theorem 3",
    assumes=ATTENTION + "; values and outputs uniform on [-1, 1]",
)
def required_width_of_values(
    d_in: Numbers, d_out: Numbers, heads: Numbers, alpha: Numbers, eps: Numbers, *, constant: Numbers = 1.0
) -> Numbers:
    """Width of values of the random attention layer.

    >>> float(required_width_of_values(64, 64, 8, 8, 0.01).round(1))
    1004.5
    """
    return constant * d_in * np.log(2 * heads * alpha * d_in * np.sqrt(d_out) / eps)
