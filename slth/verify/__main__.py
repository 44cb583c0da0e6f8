"""Command line: python -m slth.verify TICKET TARGET (FORMAT.md 8)."""

import argparse
import errno
import json
import math
import os
import signal
import sys
import time
from fractions import Fraction
from typing import Any, NoReturn

from .bounds import Bound
from .collapse import Layer, collapse
from .documents import read_ticket
from .domain import Region, claimed, number, optional
from .fixed import BadInput, F, need
from .steps import Program
from .target import read_target

PATHS = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ELOOP)


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing the usage."""
        raise BadInput(message)


def at_least(value: Fraction) -> float | None:
    """Return the smallest float that is not below the value; None where there is none."""
    try:
        near = float(value)
    except OverflowError:
        return None
    return near if Fraction(near) >= value else math.nextafter(near, math.inf)


def proved_on(region: Region, program: Program, layers: list[Layer], signed: bool, wanted: int, best: int) -> int:
    """Return the larger of `best` and the bound on a region; without R4 where that is enough (FORMAT.md 8)."""
    if not program.plain:
        quick = Bound(program, layers, region, signed, tight=False).result(best)
        if quick <= wanted:
            return quick
    return Bound(program, layers, region, signed).result(best)


def verify(options: argparse.Namespace) -> dict[str, Any]:
    """Check one ticket and return all that is printed."""
    start, at = time.perf_counter(), options.target
    try:
        target = read_target(at)
        at = options.ticket
        ticket = read_ticket(at)
        need(ticket.target == target.digest, f"is a ticket of another target, whose digest is {ticket.target}")
        domain = claimed(ticket, target.inputs)
        at = "--domain"
        domain = optional(options.domain, target.inputs, domain) if options.domain is not None else domain
        at = "--epsilon"
        eps = number(options.epsilon) if options.epsilon is not None else Fraction(ticket.eps)
        at = options.ticket
        signed, best = any(min(region.box[0]) < 0 for region in domain.regions), 0
        program, layers = collapse(ticket, target, signed)
    except (ValueError, OverflowError, RecursionError) as error:
        raise BadInput(f"{at}: {error}") from None
    except OSError as error:
        if error.errno not in PATHS:
            raise
        raise BadInput(f"{at}: {error.strerror}") from None
    for region in domain.regions:
        best = proved_on(region, program, layers, signed, math.floor(eps * (1 << F)), best)
    proved = Fraction(best, 1 << F)
    return {
        "verdict": "PROVED" if proved <= eps else "UNDECIDED",
        "eps_real": at_least(proved),
        "eps_claimed": at_least(eps),
        "domain": domain.words,
        "ticket": ticket.digest,
        "target": target.digest,
        "kept_weights": sum(layer.kept for layer in ticket.layers),
        "source_weights": sum(layer.size for layer in ticket.layers),
        "seconds": round(time.perf_counter() - start, 3),
    }


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    parser = Parser(prog="python -m slth.verify", description="Prove that a ticket computes its target up to eps.")
    parser.add_argument("ticket")
    parser.add_argument("target")
    parser.add_argument("--domain", help="box:LO:HI, ball:FILE.npy:R[:linf|l2] or hull:FILE.npy instead of the claim's")
    parser.add_argument("--epsilon", help="compare with this number instead of the claim's eps")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")
    try:
        options = parser.parse_args(arguments)
        report = verify(options)
        text = json.dumps(report) if options.json else "\n".join(f"{k:15} {v}" for k, v in report.items())
        if not options.quiet:
            print(text, flush=True)
        return 0 if report["verdict"] == "PROVED" else 1
    except BadInput as error:
        code, message = 2, str(error)
    except KeyboardInterrupt:
        code, message = 130, "interrupted"
    except Exception as error:  # memory, disk, or a mistake of ours: never an answer
        code, message = 3, f"{type(error).__name__} {error}"
    print("slth.verify:", ascii(" ".join(message.split()))[1:-1][:600], file=sys.stderr)
    return code


def _terminate(signum: int, frame: object) -> NoReturn:
    raise SystemExit(128 + signum)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _terminate)
    code = main()
    if code == 3:  # what could not be written is given up
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.exit(code)
