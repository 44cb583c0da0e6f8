"""Gadhikar, Mukherjee, Burkholz (2023): random networks with edges missing at random."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from slth.theory.bounds.catalogue import Rules, rules
from slth.theory.theorem import statements


@statements.register("gadhikar2023")
@dataclass(frozen=True)
class Gadhikar2023:
    """Random networks from which edges are missing at random still hold every target, if they are wider."""

    key: ClassVar[str] = "gadhikar2023"
    title: ClassVar[str] = "Why Random Pruning Is All We Need to Start Sparse"
    citation: ClassVar[str] = """@inproceedings{gadhikar2023,
  title     = {Why Random Pruning Is All We Need to Start Sparse},
  author    = {Gadhikar, Advait and Mukherjee, Sohom and Burkholz, Rebekka},
  booktitle = {International Conference on Machine Learning},
  year      = {2023},
  note      = {arXiv:2210.02412}
}"""
    bounds: ClassVar[Rules] = rules("gadhikar2023")
    statement: ClassVar[str] = (
        "In our words, of the abstract: random masks approximate every target network if they are wider by a factor of "
        "order 1/log(1/sparsity), sparsity being the share of edges that are missing; for random networks of three "
        "layers so much is necessary. Such networks also contain strong lottery tickets. Constants are not given."
    )
