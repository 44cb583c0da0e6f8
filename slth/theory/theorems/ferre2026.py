"""Ferre et al. (2026): removing neurons against removing weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from slth.theory.bounds.catalogue import Rules, rules
from slth.theory.theorem import statements


@statements.register("ferre2026")
@dataclass(frozen=True)
class Ferre2026:
    """Removing whole neurons needs a width of order 1/eps, where removing weights needs a logarithm."""

    key: ClassVar[str] = "ferre2026"
    title: ClassVar[str] = "Structured vs. Unstructured Pruning: An Exponential Gap"
    citation: ClassVar[str] = """@misc{ferre2026,
  title  = {Structured vs. Unstructured Pruning: An Exponential Gap},
  author = {Ferr\\'e, Davide and Giroire, Fr\\'ed\\'eric and Mallmann-Trenn, Frederik and Natale, Emanuele},
  year   = {2026},
  note   = {arXiv:2603.02234}
}"""
    bounds: ClassVar[Rules] = rules("ferre2026")
    statement: ClassVar[str] = (
        "In our words, of the abstract (third version): to come within eps of a single ReLU neuron without bias by "
        "removing hidden neurons of a random two-layer ReLU network, order 1/eps hidden neurons are needed; by "
        "removing single weights, order log(1/eps) suffice. The first two versions have d/eps and d log(1/eps). The "
        "constant that slth gives for the lower bound is ours. Networks in which a mask fixed in advance lets every "
        "neuron read one input are not meant: there whole filters can be removed at a polynomial price (dacunha2023)."
    )
