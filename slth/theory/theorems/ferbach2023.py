"""Ferbach et al. (2023): equivariant networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from slth.theory.bounds.catalogue import Rules, rules
from slth.theory.theorem import statements


@statements.register("ferbach2023")
@dataclass(frozen=True)
class Ferbach2023:
    """Networks that respect a group, pruned by coefficients of their equivariant maps."""

    key: ClassVar[str] = "ferbach2023"
    title: ClassVar[str] = "A General Framework For Proving The Equivariant Strong Lottery Ticket Hypothesis"
    citation: ClassVar[str] = """@inproceedings{ferbach2023,
  title     = {A General Framework For Proving The Equivariant Strong Lottery Ticket Hypothesis},
  author    = {Ferbach, Damien and Tsirigotis, Christos and Gidel, Gauthier and Bose, Avishek Joey},
  booktitle = {International Conference on Learning Representations},
  year      = {2023},
  note      = {arXiv:2206.04270}
}"""
    bounds: ClassVar[Rules] = rules("ferbach2023")
    statement: ClassVar[str] = (
        "In our words; that there is such a theorem, with a lower bound to match, is in the abstract, the width is "
        "from memory: every layer of an equivariant target, n copies of a representation wide, is a combination of "
        "basis maps B. A pair of random equivariant layers with C n log(l n^2 max(|B|, ||B||) / min(eps, delta)) "
        "copies between them holds it to eps, with probability at least 1 - delta; coefficients of basis maps are "
        "removed. Dense, convolutional, steerable and permutation-equivariant networks are special cases. The constant "
        "C is not given."
    )
