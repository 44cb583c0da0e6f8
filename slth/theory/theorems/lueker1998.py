"""Lueker (1998): random subset sum, on which the logarithmic theorems rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from slth.theory.bounds.catalogue import Rules, rules
from slth.theory.theorem import statements


@statements.register("lueker1998")
@dataclass(frozen=True)
class Lueker1998:
    """Logarithmically many random numbers have a subset sum near every target."""

    key: ClassVar[str] = "lueker1998"
    title: ClassVar[str] = "Exponentially Small Bounds on the Expected Optimum of the Partition and Subset Sum Problems"
    citation: ClassVar[str] = """@article{lueker1998,
  title   = {Exponentially small bounds on the expected optimum of the partition and subset sum problems},
  author  = {Lueker, George S.},
  journal = {Random Structures \\& Algorithms},
  volume  = {12},
  number  = {1},
  pages   = {51--62},
  year    = {1998}
}"""
    bounds: ClassVar[Rules] = rules("lueker1998")
    statement: ClassVar[str] = (
        "In our words: of C log(2 / min(eps, delta)) independent uniform numbers on [-1, 1] some subset adds up to "
        "within eps of each target in [-1/2, 1/2] at once, with probability at least 1 - delta (Corollary 2.5 as "
        "Pensia et al. use it, from memory). The same holds, with another C, for samples whose law contains a uniform "
        "one (Corollary 3.3, as restated in a full text that we read). The constant C is not given; slth proves one of "
        "its own."
    )
