"""Orseau, Hutter, Rivasplata (2020): logarithmically many neurons a weight, by digits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from slth.theory.bounds.catalogue import Rules, rules
from slth.theory.theorem import statements


@statements.register("orseau2020")
@dataclass(frozen=True)
class Orseau2020:
    """Target weights written in digits of a base below 2, one random neuron for each digit."""

    key: ClassVar[str] = "orseau2020"
    title: ClassVar[str] = "Logarithmic Pruning is All You Need"
    citation: ClassVar[str] = """@inproceedings{orseau2020,
  title     = {Logarithmic Pruning is All You Need},
  author    = {Orseau, Laurent and Hutter, Marcus and Rivasplata, Omar},
  booktitle = {Advances in Neural Information Processing Systems},
  volume    = {33},
  year      = {2020},
  note      = {arXiv:2006.12156}
}"""
    bounds: ClassVar[Rules] = rules("orseau2020")
    statement: ClassVar[str] = (
        "In our words, of the abstract: a random network needs only a logarithmic factor, in all variables but depth, "
        "of neurons for each weight of the target, and the norm assumptions of Malach et al. fall. From memory: "
        "weights have a law of density 1/|w| on a bounded range, a target weight is written in digits of a base below "
        "2, products of two weights serve as digits, and one pool of neurons serves all weights of a layer. The paper "
        "has explicit constants, which we could not read."
    )
