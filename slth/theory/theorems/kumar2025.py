"""Kumar, Natale (2025): quantised networks, represented exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from slth.theory.bounds.catalogue import Rules, rules
from slth.theory.theorem import statements


@statements.register("kumar2025")
@dataclass(frozen=True)
class Kumar2025:
    """Networks with weights on a grid, which subnetworks of finer random ones equal exactly."""

    key: ClassVar[str] = "kumar2025"
    title: ClassVar[str] = "Quantization vs Pruning: Insights from the Strong Lottery Ticket Hypothesis"
    citation: ClassVar[str] = """@misc{kumar2025,
  title  = {Quantization vs Pruning: Insights from the Strong Lottery Ticket Hypothesis},
  author = {Kumar, Aakash and Natale, Emanuele},
  year   = {2025},
  note   = {arXiv:2508.11020}
}"""
    bounds: ClassVar[Rules] = rules("kumar2025")
    statement: ClassVar[str] = (
        "In our words: weights lie on the grid -1, -1 + delta, ..., 1 with delta a power of 1/2. A random network of "
        "depth 2l and width of order d log(1/delta), on a grid as fine at least as the root of delta, can be pruned to "
        "equal any target of width d and depth l on the grid exactly, with probability 1 - O(1/poly). Depth l + 1 is "
        "possible for one more logarithm in width. Two layers need order d^2 log(1/delta) parameters. Constants are "
        "not given."
    )
