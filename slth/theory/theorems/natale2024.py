"""Natale et al. (2024): how sparse a strong lottery ticket can be, by subsets of a fixed size."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from slth.core.errors import BadInput
from slth.core.network import Floats, Network
from slth.theory.bounds.catalogue import Rules, rules
from slth.theory.bounds.density import expected_hits_of_size
from slth.theory.bounds.papers import natale2024 as paper
from slth.theory.bounds.samples import SampleChoice
from slth.theory.gadgets.fixed import FixedSize
from slth.theory.gadgets.pair import solve_pair
from slth.theory.plan import Plan, Request
from slth.theory.stages import check_nodes, pair_plan
from slth.theory.theorem import statements

ROOM = 30.0  # expected subsets, for each factor e by which a miss must be rare: they come in clusters
MOST = 60


@statements.register("natale2024")
@dataclass(frozen=True)
class Natale2024:
    """Subset sums of exactly `density` n of n samples: a sparser ticket in a larger random network.

    Parameters
    ----------
    density : float
        Share of the second layers' samples that is kept, in (0, 1/2].
    """

    density: float = 0.25

    key: ClassVar[str] = "natale2024"
    title: ClassVar[str] = "On the Sparsity of the Strong Lottery Ticket Hypothesis"
    citation: ClassVar[str] = """@inproceedings{natale2024,
  title     = {On the Sparsity of the Strong Lottery Ticket Hypothesis},
  author    = {Natale, Emanuele and Ferr\\'e, Davide and Giambartolomei, Giordano and Giroire, Fr\\'ed\\'eric and
               Mallmann-Trenn, Frederik},
  booktitle = {Advances in Neural Information Processing Systems},
  year      = {2024}
}"""
    bounds: ClassVar[Rules] = rules("natale2024")
    law: ClassVar[str] = "uniform"
    statement: ClassVar[str] = (
        "Theorem 3, in our words: a target of l dense ReLU layers with spectral norms at most 1; a source of 2l layers "
        "with uniform weights on [-1, 1], n samples a weight, n = C log2^2(2 l d_in d_out g n / eps) / H2(g). With "
        "probability at least 1 - eps every such target is approximated to eps by a subnetwork of density at most r g, "
        "r the largest ratio of neighbouring widths: every weight is a sum of exactly g n samples. The constant C is "
        "not given. Convolutions follow from Theorem 4, on equivariant networks. Here g is the option `density`; zero "
        "weights get subsets of that size as well, as the theorem has it."
    )

    def check(self, target: Network) -> None:
        """Dense layers and convolutions with relu between."""
        if not 0 < self.density <= 0.5:
            raise BadInput(f"option density must lie in (0, 1/2], not {self.density}")
        admitted = ("dense", "convolution", "relu", "flatten")
        check_nodes(target, self.key, admitted, "use --theorem dacunha2022, which has subsets of any size")

    def plan(self, target: Network, request: Request, samples: int) -> Plan:
        """Pairs of source layers, `density` of whose samples serve each weight."""
        if request.objective == "fewest" and request.epsilon is not None:
            raise BadInput("natale2024 fixes the number of terms: ask for --weight-error, or for nothing")
        gadget = FixedSize(self.size(samples), request.solver, request.threads)
        return pair_plan(target, request, self.key, gadget, samples, solve_pair)

    def size(self, samples: int) -> int:
        """Terms of every subset sum."""
        return max(1, round(self.density * samples))

    def samples(self, weights: Floats, tolerances: Floats, delta: float, law: str) -> SampleChoice:
        """The first n with many expected subsets for the hardest weight: a rule of thumb, no proof."""
        if law != "UU":
            raise BadInput("automatic samples know uniform weights only; give --samples")
        hardest = float(np.abs(weights).max(initial=0.0))
        wanted = ROOM * math.log(max(weights.size / delta, 2.0))
        for n in range(2, MOST + 1):
            if expected_hits_of_size(law, n, self.size(n), float(tolerances.min()), hardest) >= wanted:
                return SampleChoice(n, math.nan, 0, 0, "first moment with room")
        raise BadInput(f"no n up to {MOST} has subsets to spare: raise the tolerance or the density")

    def order(self, tolerance: float) -> float:
        """log2^2(k / tolerance) over the entropy of the density, k samples being chosen (Corollary 1)."""
        return float(paper.required_samples_of_all_targets(self.density, tolerance))
