"""Malach et al. (2020): the first proof, one unit for each weight and sign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from slth.core.errors import BadInput
from slth.core.network import Floats, Network
from slth.theory.bounds.catalogue import Rules, rules
from slth.theory.bounds.nearest import nearest_n
from slth.theory.bounds.samples import SampleChoice
from slth.theory.gadgets.nearest import Nearest
from slth.theory.gadgets.pair import solve_pair
from slth.theory.plan import Plan, Request
from slth.theory.stages import check_nodes, check_sequence, pair_plan
from slth.theory.theorem import statements


@statements.register("malach2020")
@dataclass(frozen=True)
class Malach2020:
    """A source of twice the depth and polynomially more width, pruned to the nearest unit for each weight and sign."""

    key: ClassVar[str] = "malach2020"
    title: ClassVar[str] = "Proving the Lottery Ticket Hypothesis: Pruning is All You Need"
    citation: ClassVar[str] = """@inproceedings{malach2020,
  title     = {Proving the Lottery Ticket Hypothesis: Pruning is All You Need},
  author    = {Malach, Eran and Yehudai, Gilad and Shalev-Shwartz, Shai and Shamir, Ohad},
  booktitle = {International Conference on Machine Learning},
  year      = {2020},
  note      = {arXiv:2002.00585}
}"""
    bounds: ClassVar[Rules] = rules("malach2020")
    law: ClassVar[str] = "uniform"
    statement: ClassVar[str] = (
        "The theorem on weight-subnetworks, in our words and from memory: a target of depth l with bounded norms is "
        "approximated to eps on the unit ball by a subnetwork of a random network of depth 2l whose width is "
        "polynomial in the dimensions, l, 1/eps and log(1/delta). One unit is kept for each target weight and each "
        "sign of its input. The printed construction matches both factors of a product; slth matches the product, "
        "which needs fewer samples (ours)."
    )

    def check(self, target: Network) -> None:
        """Dense layers with one relu between neighbours."""
        check_nodes(target, self.key, ("dense", "relu", "flatten"), "use --theorem auto")
        check_sequence(target)

    def plan(self, target: Network, request: Request, samples: int) -> Plan:
        """A pair of source layers for each dense layer, wide enough for one near product a weight."""
        return pair_plan(target, request, self.key, Nearest(), samples, solve_pair)

    def samples(self, weights: Floats, tolerances: Floats, delta: float, law: str) -> SampleChoice:
        """Enough for one near product a weight: expected misses Σ (1 - p)^n <= delta, p exact for uniform factors."""
        if law != "UU":
            raise BadInput("automatic samples know uniform weights only; give --samples")
        n, misses = nearest_n(weights, tolerances, delta)
        return SampleChoice(n, misses, 0, 0, "exact law of one product")

    def order(self, tolerance: float) -> float:
        """Inverse: the product is matched, not both factors, for which the paper has the inverse square."""
        return 1 / tolerance
