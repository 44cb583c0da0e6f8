"""Becchetti et al. (2022): random subset sums of vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from slth.theory.bounds.catalogue import Rules, rules
from slth.theory.theorem import statements


@statements.register("becchetti2022")
@dataclass(frozen=True)
class Becchetti2022:
    """Polynomially many random vectors have a subset sum near every target, in every coordinate."""

    key: ClassVar[str] = "becchetti2022"
    title: ClassVar[str] = "On the Multidimensional Random Subset Sum Problem"
    citation: ClassVar[str] = """@misc{becchetti2022,
  title  = {On the Multidimensional Random Subset Sum Problem},
  author = {Becchetti, Luca and da Cunha, Arthur Carvalho Walraven and Clementi, Andrea and d'Amore, Francesco and
            Lesfari, Hicham and Natale, Emanuele and Trevisan, Luca},
  year   = {2022},
  note   = {arXiv:2207.13944}
}"""
    bounds: ClassVar[Rules] = rules("becchetti2022")
    statement: ClassVar[str] = (
        "In our words, of the abstract: in d dimensions O(d^3 log(1/eps) (log(1/eps) + log d)) random vectors suffice, "
        "with high probability, for a subset sum within eps of every target in [-1, 1]^d. From memory: entries are "
        "normal, and a single target is served with probability at least 1/3 by order d^2 log(1/eps) vectors. "
        "Constants are not given."
    )
