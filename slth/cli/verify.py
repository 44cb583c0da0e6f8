"""`slth verify`: is the ticket what it claims to be?"""

from __future__ import annotations

import io
import json as jsons
import math
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from slth.cli import screen
from slth.cli.options import Arch, Data, DataDir, Input, Json
from slth.cli.verify_found import verify_found
from slth.cli.weights import Weights
from slth.core.errors import BadInput, Unavailable

if TYPE_CHECKING:
    from slth.core.domain import Domain
    from slth.core.network import Network

ADVICE = {
    "PROVED": "the error stays within the bound for every real input of the domain",
    "REFUTED": "an input of the domain breaks the bound",
    "UNDECIDED": "neither proved nor refuted; a smaller --domain is easier to prove, a longer --attack may refute",
}


def verify(
    ticket: Annotated[Path, typer.Argument(help="The ticket file.")],
    target: Annotated[
        Path | None, typer.Option(help="The trained network that the ticket speaks of, or whose weights it keeps.")
    ] = None,
    data: Data = None,
    data_dir: DataDir = None,
    domain: Annotated[str | None, typer.Option(help="Prove the eps of this domain instead of the claim's.")] = None,
    epsilon: Annotated[float | None, typer.Option(help="Compare with this instead of the claim.")] = None,
    exact: Annotated[bool, typer.Option("--exact", help="Also run the stand-alone exact checker.")] = False,
    attack: Annotated[float, typer.Option(help="Seconds to search for an input that breaks the bound.")] = 1.0,
    arch: Arch = None,
    input_shape: Input = None,
    json: Json = False,
) -> None:
    """Regenerate the random network from the seed, apply the mask, and check the claim.

    For a constructed ticket that is the distance to TARGET, proved; for a found one correct answers on DATA, counted
    (for one of given weights, of --target, with those).
    """
    from slth.interop.envelope import NETWORK, kind_of

    if kind_of(ticket) == NETWORK:
        for name, given in (("domain", domain), ("epsilon", epsilon), ("exact", exact or None)):
            if given is not None:
                raise BadInput(f"{ticket}: is a found ticket, checked on --data; --{name} is for constructed ones")
        verify_found(ticket, data, data_dir, Weights(target, arch, input_shape), json)
        return
    if data is not None or data_dir is not None:
        raise BadInput(f"{ticket}: is a constructed ticket, checked against --target; --data is for found ones")
    if target is None:
        raise BadInput(f"{ticket}: is a constructed ticket: give the network that it speaks of (--target)")
    if epsilon is not None and not (math.isfinite(epsilon) and epsilon >= 0):
        raise BadInput(f"--epsilon must be a number >= 0, not {epsilon}")
    if not 0 <= attack <= 86400:
        raise BadInput(f"--attack is a number of seconds from 0 to 86400, not {attack}")
    _verify_constructed(ticket, target, domain, epsilon, exact, attack, (arch, input_shape), json)


def _verify_constructed(
    ticket: Path,
    target: Path,
    domain: str | None,
    epsilon: float | None,
    exact: bool,
    attack: float,
    how: tuple[str | None, str | None],
    json: bool,
) -> None:
    """Bound the distance to the target, and search for an input that breaks the bound."""
    begun = time.perf_counter()
    from slth.interop.read import read

    case = _Case(ticket, read(target, *how).network, domain, epsilon)
    report = case.report(attack)
    if exact:
        report |= _ask_checker(case, epsilon, domain is not None)
        if report["verdict"] == "PROVED" and report["exact"]["verdict"] != "PROVED":
            report["verdict"] = "UNDECIDED"
    if report["verdict"] == "REFUTED":
        report["counterexample"] = str(case.save_counterexample())
    report["seconds"] = time.perf_counter() - begun
    if json:
        screen.as_json(report)
    else:
        _print(report)
    if report["verdict"] != "PROVED":
        raise typer.Exit(1)


class _Case:
    """One ticket, one target, one domain and one bound to compare with."""

    def __init__(self, ticket: Path, network: Network, domain: str | None, epsilon: float | None) -> None:
        from slth.core.domain import clip_of, parse
        from slth.core.ticket import check_fits
        from slth.interop.tickets import read_ticket

        self.path = ticket
        self.network = network
        self.ticket, self.sha256 = read_ticket(ticket)
        try:
            check_fits(self.ticket, self.network)
        except BadInput as error:
            raise BadInput(f"{ticket}: {error}") from None
        claimed = self.ticket.claim.domain
        self.domain = claimed if domain is None else parse(domain, self.network, clip_of(claimed))
        self.bound = self.ticket.claim.eps if epsilon is None else epsilon
        self.worst: Any = None

    def report(self, seconds: float) -> dict[str, Any]:
        """The certificate and the best attack; REFUTED only where exact arithmetic says so."""
        from slth.certify import certify
        from slth.certify.attack import attack
        from slth.certify.exact import least_error

        try:
            layers = self.ticket.layers
            certified = certify(self.network, layers, self.domain)
        except BadInput as error:
            raise BadInput(f"{self.path}: {error}") from None
        verdict = "PROVED" if certified.eps_real <= self.bound else "UNDECIDED"
        if seconds > 0:
            self.worst = attack(self.network, layers, self.domain, seconds)
            suspicious = self.worst.error > self.bound * (1 - 1e-9)
            if suspicious and least_error(self.network, layers, self.worst.input) > Fraction(self.bound):
                verdict = "REFUTED"
        source, mask = self.ticket.source, self.ticket.mask
        return {
            "verdict": verdict,
            "eps_real": certified.eps_real,
            "eps_f64": certified.eps_f64,
            "eps_f32": certified.eps_f32,
            "eps_compared": self.bound,
            "attack": self.worst.proved if self.worst is not None else None,
            "domain": str(self.domain),
            "target": self.network.digest,
            "ticket": self.sha256,
            "source_weights": source.size,
            "kept_weights": mask.count,
        }

    def save_counterexample(self) -> Path:
        """Writes the input that breaks the bound beside the ticket."""
        import numpy as np

        from slth.core.atomic import write_atomic

        path = self.path.with_suffix(".counterexample.npy")
        array = io.BytesIO()
        np.save(array, self.worst.input)
        write_atomic(path, [array.getvalue()])
        return path


def _ask_checker(case: _Case, epsilon: float | None, other_domain: bool) -> dict[str, Any]:
    """Runs `python -m slth.verify`, a program of its own, on the canonical target and the same domain."""
    from slth.interop.targets import write_target

    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "target.safetensors"
        write_target(case.network, target)
        command = [sys.executable, "-m", "slth.verify", str(case.path.absolute()), str(target), "--json"]
        command += ["--domain", _written(case.domain, Path(folder))] if other_domain else []
        command += ["--epsilon", repr(epsilon)] if epsilon is not None else []
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 2:
        raise BadInput(_last_line(done.stderr))
    if done.returncode not in (0, 1) or not done.stdout.startswith("{"):
        raise Unavailable(f"the exact checker stopped with code {done.returncode}: {_last_line(done.stderr)}")
    report = jsons.loads(done.stdout)
    if (report["ticket"], report["target"]) != (case.sha256, case.network.digest):
        raise Unavailable(f"{case.path}: changed while it was checked")
    return {"exact": report}


def _written(domain: Domain, folder: Path) -> str:
    """A domain as the checker's option, points as float64 in a file."""
    import numpy as np

    from slth.core.domain import Ball, Box

    if isinstance(domain, Box):
        return f"box:{domain.lo}:{domain.hi}"
    if isinstance(domain, Ball):
        np.save(folder / "points.npy", domain.centres)
        return f"ball:{folder}/points.npy:{domain.radius}:{domain.norm}"
    np.save(folder / "points.npy", np.stack([domain.lower, domain.upper]))
    return f"hull:{folder}/points.npy"


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["the exact checker said nothing"])[-1]


def _print(report: dict[str, Any]) -> None:
    number = screen.number
    verdict = report["verdict"]
    typer.echo(f"{verdict}  |ticket - target| <= {number(report['eps_compared'])} on {report['domain']}")
    typer.echo(f"  {ADVICE[verdict]}")
    lines = [
        ("eps_real", f"{number(report['eps_real'])}  real arithmetic (numpy, rounding accounted for)"),
        ("eps_f64", f"{number(report['eps_f64'])}  any float64 evaluation by inner products"),
        ("eps_f32", f"{number(report['eps_f32'])}  any float32 evaluation by inner products"),
    ]
    if report["attack"] is not None:
        lines.append(("attack", f"{number(report['attack'])}  the largest error that a search found"))
    if "exact" in report:
        exact = report["exact"]
        lines.append(("exact", f"{number(exact['eps_real'])}  {exact['verdict']} by the stand-alone checker"))
    if "counterexample" in report:
        lines.append(("input", f"{report['counterexample']}  breaks the bound; replay it"))
    kept, source = screen.count(report["kept_weights"]), screen.count(report["source_weights"])
    lines.append(("kept", f"{kept} of {source} random weights"))
    lines.append(("seconds", f"{report['seconds']:.1f}"))
    screen.rows(lines)
