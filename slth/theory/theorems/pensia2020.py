"""Pensia et al. (2020): logarithmic over-parameterisation by subset sums."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from slth.core.network import Floats, Network
from slth.theory.bounds.catalogue import Rules, rules
from slth.theory.bounds.samples import SampleChoice, solvable
from slth.theory.gadgets.pair import solve_pair
from slth.theory.gadgets.subset import SubsetSum
from slth.theory.plan import Plan, Request
from slth.theory.stages import check_nodes, check_sequence, pair_plan
from slth.theory.theorem import statements


@statements.register("pensia2020")
@dataclass(frozen=True)
class Pensia2020:
    """A source of twice the depth and logarithmically more width, pruned by one subset sum a weight and sign."""

    key: ClassVar[str] = "pensia2020"
    title: ClassVar[str] = "Optimal Lottery Tickets via SubsetSum: Logarithmic Over-Parameterization is Sufficient"
    citation: ClassVar[str] = """@inproceedings{pensia2020,
  title     = {Optimal Lottery Tickets via {SubsetSum}: Logarithmic Over-Parameterization is Sufficient},
  author    = {Pensia, Ankit and Rajput, Shashank and Nagle, Alliot and Vishwakarma, Harit and
               Papailiopoulos, Dimitris},
  booktitle = {Advances in Neural Information Processing Systems},
  volume    = {33},
  year      = {2020},
  note      = {arXiv:2006.07990}
}"""
    bounds: ClassVar[Rules] = rules("pensia2020")
    law: ClassVar[str] = "uniform"
    statement: ClassVar[str] = (
        "Theorem 1, in our words and from memory: a target of l ReLU layers, spectral norms at most 1, no biases; a "
        "source of 2l layers with uniform weights on [-1, 1], where the hidden layer built for a target layer with "
        "d_in inputs and d_out outputs has C d_in log(d_in d_out l / min(eps, delta)) units. With probability at least "
        "1 - delta masks exist for every such target at once with error below eps on the unit ball. The constant C is "
        "not given; slth counts what it needs. Biases, matched units and power-of-two scales are ours."
    )

    def check(self, target: Network) -> None:
        """Dense layers with one relu between neighbours."""
        check_nodes(target, self.key, ("dense", "relu", "flatten"), "use --theorem auto")
        check_sequence(target)

    def plan(self, target: Network, request: Request, samples: int) -> Plan:
        """A pair of source layers for each dense layer, with the same number of samples everywhere."""
        gadget = SubsetSum(request.objective, request.solver, request.threads)
        return pair_plan(target, request, self.key, gadget, samples, solve_pair)

    def samples(self, weights: Floats, tolerances: Floats, delta: float, law: str) -> SampleChoice:
        """Enough for expected misses <= delta, by the hitting law and simulated tails."""
        return solvable(weights, tolerances, delta, law)

    def order(self, tolerance: float) -> float:
        """Logarithmic."""
        return math.log2(1 / tolerance)
