"""Sreenivasan et al. (2022): random networks of signs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from slth.theory.bounds.catalogue import Rules, rules
from slth.theory.theorem import statements


@statements.register("sreenivasan2022")
@dataclass(frozen=True)
class Sreenivasan2022:
    """Random networks whose weights are 1 or -1, deeper and wider by logarithms."""

    key: ClassVar[str] = "sreenivasan2022"
    title: ClassVar[str] = "Finding Nearly Everything within Random Binary Networks"
    citation: ClassVar[str] = """@inproceedings{sreenivasan2022,
  title     = {Finding Nearly Everything within Random Binary Networks},
  author    = {Sreenivasan, Kartik and Rajput, Shashank and Sohn, Jy-yong and Papailiopoulos, Dimitris},
  booktitle = {International Conference on Artificial Intelligence and Statistics},
  series    = {Proceedings of Machine Learning Research},
  volume    = {151},
  pages     = {3531--3541},
  year      = {2022}
}"""
    bounds: ClassVar[Rules] = rules("sreenivasan2022")
    statement: ClassVar[str] = (
        "In our words, orders as restated in a full text that we read: a target of width d and depth l is approximated "
        "to eps by a subnetwork of a random network with weights 1 and -1, of depth of order l log(d l / eps) and "
        "width of order d log^2(d l / (eps delta)). The failure probability delta inside the logarithm and the norms "
        "assumed are from memory. Constants are not given."
    )
