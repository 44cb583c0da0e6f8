"""The door of the certificate: a proved upper bound of |ticket - target| on a domain, in float64."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from slth.certify.ball import norm_product
from slth.certify.deployment import F32, F64, Deployment
from slth.certify.difference import difference
from slth.certify.inputs import Inputs
from slth.certify.intervals import given
from slth.certify.regions import region_bounds
from slth.certify.rounding import Floats, up
from slth.core.collapse import EffectiveLayer
from slth.core.domain import Domain
from slth.core.network import Network, frozen

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Certified:
    """Proved upper bounds of the largest output error over a domain; every float is rounded up.

    Parameters
    ----------
    eps_real : float
        For the two real functions with the stored weights.
    eps_f64, eps_f32 : float
        For both networks run by plain inner products of that precision, in any order of summation (see
        `deployment`); inf where they might overflow.
    outputs : array of shape (outputs,)
        eps_real, output by output.
    regions : array of shape (regions,)
        eps_real, region by region of the domain.
    checker_eps : float
        eps_real by the rules of the exact checker alone, which are a little coarser: what a ticket can claim.
    interval_eps : float
        The bound of forward intervals alone.
    backward_eps : float
        The bound of intervals and backward lines, without the 2-norm step.
    norm_product : float
        The bound by products of spectral norms, as the theorems of this field use; inf where there is more than dense
        layers and relu in a sequence.
    """

    eps_real: float
    eps_f64: float
    eps_f32: float
    outputs: Floats
    regions: Floats
    checker_eps: float
    interval_eps: float
    backward_eps: float
    norm_product: float


def certify(
    target: Network,
    layers: tuple[EffectiveLayer, ...],
    domain: Domain,
    *,
    sharp: bool = True,
    progress: Progress | None = None,
) -> Certified:
    """Bounds |ticket - target| over the domain.

    Parameters
    ----------
    sharp : bool
        False leaves out the steps beyond the exact checker's rules: quicker, and eps_real is then checker_eps.
    progress : callable, optional
        Called with (regions done, regions in all) after each region.

    Raises
    ------
    BadInput
        When the ticket's layers do not fit the target's.

    Networks with tanh or sigmoid rest on an assumption on numpy's tanh (`smooth.TANH_ERROR`).
    Source: ours (differential bounds in the family of NeuroDiff and VeryDiff); rounding by Higham's gamma_n.
    """
    pieces = list(domain.regions(math.prod(target.input_shape)))
    signed = any(bool((region.lower < 0).any()) for region in pieces)
    rows = []
    with np.errstate(all="ignore"):
        model, run = difference(target, layers, signed), Deployment.of(target, layers)
        for done, region in enumerate(pieces, start=1):
            inputs = Inputs(region, signed)
            bounds = region_bounds(model, inputs, sharp)
            runs = [run.added(given(inputs), bounds.known, format) for format in (F64, F32)]
            norms = np.full_like(bounds.ball, norm_product(model, inputs))
            best = np.fmin(bounds.ball, norms)
            totals = [up(best + more) for more in runs]
            rows.append(np.stack([bounds.interval, bounds.backward, best, *totals, norms, bounds.plain]))
            if progress is not None:
                progress(done, len(pieces))
    table = np.nan_to_num(np.stack(rows), nan=math.inf, posinf=math.inf)
    interval, backward, real, f64, f32, norm, plain = (float(v) for v in table.max(axis=(0, 2)))
    outputs, regions = frozen(table[:, 2].max(axis=0)), frozen(table[:, 2].max(axis=1))
    return Certified(real, f64, f32, outputs, regions, plain, interval, backward, norm)
