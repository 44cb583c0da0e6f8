"""da Cunha, d'Amore, Natale (2023): structured pruning, whole filters removed."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from slth.core.errors import BadInput
from slth.core.laws import law
from slth.core.network import Floats, Network
from slth.core.source import Source, SourceLayer
from slth.rss.solvers.klist import KList
from slth.theory.bounds.catalogue import Rules, rules
from slth.theory.bounds.samples import SampleChoice
from slth.theory.gadgets.filters import VectorSum, solve_filters
from slth.theory.gadgets.probe import Slices, samples_for
from slth.theory.plan import LayerPlan, Plan, Request
from slth.theory.stages import arrivals, check_nodes, shift_of, taps_of, unit_of
from slth.theory.theorem import statements

MOST = KList.flags.dimensions  # entries of a vector; greedy takes more and reaches nothing
TRIAL = KList(width=2**14)  # quicker and weaker than the search that is to come
ADMITTED = ("dense", "convolution", "relu", "flatten")


@statements.register("dacunha2023")
@dataclass(frozen=True)
class DaCunha2023:
    """A channel-blocked 1 x 1 layer and a k x k layer for each convolution, pruned by whole filters.

    Parameters
    ----------
    widths : str
        Samples of a vector sum in every layer, "40,200"; empty: as asked for, or chosen by trial searches.
    """

    widths: str = ""

    key: ClassVar[str] = "dacunha2023"
    title: ClassVar[str] = (
        "Polynomially Over-Parameterized Convolutional Neural Networks Contain Structured Strong Winning Lottery "
        "Tickets"
    )
    citation: ClassVar[str] = """@inproceedings{dacunha2023,
  title     = {Polynomially Over-Parameterized Convolutional Neural Networks Contain Structured Strong Winning Lottery
               Tickets},
  author    = {da Cunha, Arthur and d'Amore, Francesco and Natale, Emanuele},
  booktitle = {Advances in Neural Information Processing Systems},
  volume    = {36},
  year      = {2023},
  note      = {arXiv:2311.09858}
}"""
    bounds: ClassVar[Rules] = rules("dacunha2023")
    law: ClassVar[str] = "normal"
    statement: ClassVar[str] = (
        "In our words and from memory: a convolutional target of l ReLU layers whose kernels K_i (side d_i, c_i "
        "channels) have entries of total size at most 1; a source of 2l layers with normal weights, odd layers 1 x 1 "
        "with 2 n_i filters for each of c_{i-1} channels, n_i polynomial in d_i, c_i and log(c_{i-1} c_i l / eps), "
        "even layers with kernels of the target's size. A mask fixed in advance lets every filter of an odd layer read "
        "one channel; with probability at least 1 - eps whole filters can be removed so that every such target is "
        "approximated to eps on inputs in [-1, 1]. We could not read the exponents again, and no constant is given: "
        "slth tries how many filters its search needs. Dense layers are the kernel 1 case. Biases (by filters that "
        "read a constant), strides, power-of-two scales, and leaving out negative filters where inputs are not "
        "negative, are ours. Sums have no number of terms fixed in advance."
    )

    def check(self, target: Network) -> None:
        """Convolutions and dense layers with relu between."""
        instead = "use --theorem dacunha2022, which removes single weights, or burkholz2022 for other activations"
        check_nodes(target, self.key, ADMITTED, instead)
        for number, node in enumerate(target.affine):
            entries = node.shape[0] * taps_of(node)
            if entries > MOST:
                raise BadInput(
                    f"affine layer {number} needs sums of vectors with {entries} entries, one for each weight that a "
                    f"channel feeds; searches reach {MOST}: use --theorem dacunha2022"
                )
        self._widths(len(target.affine), 1)

    def fitted(self, target: Network, request: Request, tolerances: tuple[Floats, ...]) -> tuple[Self, SampleChoice]:
        """Widths by trial searches, with the tightest tolerance of each layer."""
        how, chosen = "as asked for", self._widths(len(target.affine), 1)
        if not self.widths:
            search = TRIAL if request.solver == "auto" else request.solver
            gadget, found = VectorSum("within", search, request.threads), []
            for node, arrival, layer in zip(target.affine, arrivals(target, request), tolerances, strict=True):
                slices, groups = Slices.of(node, law(request.law)), node.shape[1] * (2 if arrival.signed else 1)
                found.append(samples_for(slices, gadget, float(layer.min()), groups))
            how, chosen = "trial searches", tuple(found)
        fixed = replace(self, widths=",".join(map(str, chosen)))
        each = ", ".join(map(str, chosen))
        return fixed, SampleChoice(max(chosen), math.nan, 0, 0, f"{how}, layer by layer: {each}")

    def plan(self, target: Network, request: Request, samples: int) -> Plan:
        """Blocks of twice as many units as samples for every channel and, where there are biases, a block of constants.

        Which unit reads which channel is fixed in advance, whatever `request.assignment` says: only "traded" is
        refused.
        """
        if request.assignment == "traded":
            raise BadInput("dacunha2023 fixes in advance which filter reads which channel: leave --assignment out")
        drawn = law(request.law)
        layers, shapes = [], []
        each = self._widths(len(target.affine), samples)
        for number, (node, arrival) in enumerate(zip(target.affine, arrivals(target, request), strict=True)):
            (outputs, inputs), bias = node.shape, node.bias is not None
            slices = Slices.of(node, drawn)
            constants, scale = slices.constants(each[number]), slices.scale(each[number])
            units = 2 * (each[number] * inputs + constants)
            shapes += [
                SourceLayer(units, inputs + bias, bias=bias),
                SourceLayer(outputs, units, scale, False, node.kernel),
            ]
            layers.append(
                LayerPlan(
                    number=number,
                    inputs=inputs,
                    outputs=outputs,
                    bias=bias,
                    signed=arrival.signed,
                    samples=each[number],
                    units=units,
                    unit=unit_of(drawn, 1.0, scale),
                    shift=shift_of(drawn),
                    taps=taps_of(node),
                    block=arrival.block,
                    constants=constants,
                )
            )
        gadget = VectorSum(request.objective, request.solver, request.threads)
        return Plan(
            self.key, Source(request.seed, drawn, tuple(shapes)), tuple(layers), gadget, "blocks", solve_filters
        )

    def samples(self, weights: Floats, tolerances: Floats, delta: float, law: str) -> SampleChoice:
        """Not used: `fitted` chooses layer by layer."""
        raise BadInput("dacunha2023 chooses samples layer by layer")

    def order(self, tolerance: float) -> float:
        """The third power of the logarithm: of the exponents only that one agrees in all we know (statement)."""
        return math.log2(1 / tolerance) ** 3

    def _widths(self, layers: int, samples: int) -> tuple[int, ...]:
        """Samples of each layer."""
        if not self.widths:
            return (samples,) * layers
        try:
            found = tuple(int(part) for part in self.widths.split(","))
        except ValueError:
            found = ()
        if len(found) != layers or not all(1 <= width <= 100_000 for width in found):
            raise BadInput(f"option widths must be {layers} numbers of samples such as 40,200, not {self.widths!r}")
        return found
