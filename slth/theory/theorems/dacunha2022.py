"""da Cunha, Natale, Viennot (2022): convolutional networks, single weights removed."""

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
from slth.theory.stages import check_nodes, pair_plan
from slth.theory.theorem import statements

ADMITTED = ("dense", "convolution", "relu", "flatten", "max pooling", "mean pooling", "sum")


@statements.register("dacunha2022")
@dataclass(frozen=True)
class DaCunha2022:
    """A 1 x 1 layer and a k x k layer for each convolution, pruned by one subset sum a kernel entry and sign."""

    key: ClassVar[str] = "dacunha2022"
    title: ClassVar[str] = "Proving the Lottery Ticket Hypothesis for Convolutional Neural Networks"
    citation: ClassVar[str] = """@inproceedings{dacunha2022,
  title     = {Proving the Lottery Ticket Hypothesis for Convolutional Neural Networks},
  author    = {da Cunha, Arthur and Natale, Emanuele and Viennot, Laurent},
  booktitle = {International Conference on Learning Representations},
  year      = {2022}
}"""
    bounds: ClassVar[Rules] = rules("dacunha2022")
    law: ClassVar[str] = "uniform"
    statement: ClassVar[str] = (
        "In our words and from memory: a convolutional target of l ReLU layers whose kernels K_i (side d_i, c_i "
        "channels) have entries of total size at most 1; a source of 2l layers with uniform weights on [-1, 1], odd "
        "layers 1 x 1 with 2 c_{i-1} n_i filters, n_i = C log(c_{i-1} c_i d_i^2 l / min(eps, delta)), even layers with "
        "kernels of the target's size. With probability at least 1 - delta masks exist for every such target at once "
        "with error below eps on inputs in [0, 1]. The constant C is not given; slth counts what it needs. Kernels of "
        "any size, biases, strides, dense layers, pooling and residual sums, which are 1-Lipschitz or linear, are ours."
    )

    def check(self, target: Network) -> None:
        """Convolutions and dense layers with relu, pooling and residual sums between."""
        check_nodes(target, self.key, ADMITTED, "use --theorem burkholz2022 for other activations")

    def plan(self, target: Network, request: Request, samples: int) -> Plan:
        """A pair of source layers for each convolution and dense layer, the same number of samples everywhere."""
        gadget = SubsetSum(request.objective, request.solver, request.threads)
        return pair_plan(target, request, self.key, gadget, samples, solve_pair)

    def samples(self, weights: Floats, tolerances: Floats, delta: float, law: str) -> SampleChoice:
        """Enough for expected misses <= delta, by the hitting law and simulated tails."""
        return solvable(weights, tolerances, delta, law)

    def order(self, tolerance: float) -> float:
        """Logarithmic."""
        return math.log2(1 / tolerance)
