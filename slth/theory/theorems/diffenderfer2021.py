"""Diffenderfer, Kailkhura (2021): multi-prize tickets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from slth.theory.bounds.catalogue import Rules, rules
from slth.theory.theorem import statements


@statements.register("diffenderfer2021")
@dataclass(frozen=True)
class Diffenderfer2021:
    """Random networks that are pruned first and made binary then."""

    key: ClassVar[str] = "diffenderfer2021"
    title: ClassVar[str] = (
        "Multi-Prize Lottery Ticket Hypothesis: Finding Accurate Binary Neural Networks by "
        "Pruning A Randomly Weighted Network"
    )
    citation: ClassVar[str] = """@inproceedings{diffenderfer2021,
  title     = {Multi-Prize Lottery Ticket Hypothesis: Finding Accurate Binary Neural Networks by Pruning A Randomly
               Weighted Network},
  author    = {Diffenderfer, James and Kailkhura, Bhavya},
  booktitle = {International Conference on Learning Representations},
  year      = {2021},
  note      = {arXiv:2103.09377}
}"""
    bounds: ClassVar[Rules] = rules("diffenderfer2021")
    statement: ClassVar[str] = (
        "In our words, the order as restated in a full text that we read: a target of width d and depth l is "
        "approximated to eps by a subnetwork of a random network with binary weights, of width of order l d^(3/2) / "
        "eps + l d log(l d / eps); weights are written in unary. Constants are not given."
    )
