"""Otsuka et al. (2025): multi-head attention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from slth.theory.bounds.catalogue import Rules, rules
from slth.theory.theorem import statements


@statements.register("otsuka2025")
@dataclass(frozen=True)
class Otsuka2025:
    """Attention layers, in which products of two random projections are pruned to the target's."""

    key: ClassVar[str] = "otsuka2025"
    title: ClassVar[str] = "The Strong Lottery Ticket Hypothesis for Multi-Head Attention Mechanisms"
    citation: ClassVar[str] = """@inproceedings{otsuka2025,
  title     = {The Strong Lottery Ticket Hypothesis for Multi-Head Attention Mechanisms},
  author    = {Otsuka, Hikari and Chijiwa, Daiki and Okoshi, Yasuyuki and Fujiki, Daichi and Takeuchi, Susumu and
               Motomura, Masato},
  booktitle = {Proceedings of the AAAI Conference on Artificial Intelligence},
  volume    = {40},
  number    = {29},
  pages     = {24639--24647},
  year      = {2026},
  note      = {arXiv:2511.04217, 2025}
}"""
    bounds: ClassVar[Rules] = rules("otsuka2025")
    statement: ClassVar[str] = (
        "Theorem 3, in our words: H heads with projections of spectral norm at most 1 and tokens of norm at most "
        "alpha, alpha at least the root of both dimensions. A random attention layer whose queries and keys have width "
        "n_K >= C d_1 log(8 H alpha^3 d_1^(3/2) / eps) and whose values have width n_V >= C d_1 log(2 H alpha d_1 "
        "sqrt(d_2) / eps) can be pruned to within eps of the target, with high probability and for any number of "
        "tokens. Queries and keys are uniform on [-n_K^(1/4), n_K^(1/4)], everything else on [-1, 1]. The constant C "
        "is not given. Where the appendix writes d_K^(1/4), n_K^(1/4) is meant."
    )
