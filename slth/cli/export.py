"""`slth export`: tickets as plain models for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from slth.cli import screen
from slth.cli.options import Arch, Input
from slth.cli.weights import Weights
from slth.core.errors import BadInput


def export(
    ticket: Annotated[Path, typer.Argument(help="A ticket.")],
    to: Annotated[Path, typer.Option("--to", help="ticket.pt, ticket.onnx, ticket.safetensors or ticket.py.")],
    target: Annotated[
        Path | None,
        typer.Option(help="The target that a constructed ticket speaks of, or a found one's given weights."),
    ] = None,
    compact: Annotated[bool, typer.Option("--compact", help="A found ticket without its dead units.")] = False,
    masked: Annotated[
        bool, typer.Option("--masked", help="A found ticket as .pt with masks, as torch.nn.utils.prune has them.")
    ] = False,
    arch: Arch = None,
    input_shape: Input = None,
) -> None:
    """Write the masked random network as a plain model; a constructed ticket's has its live units only."""
    from slth.interop.envelope import NETWORK, kind_of

    screen.check_output(to, ticket, *([target] if target else []))
    if kind_of(ticket) == NETWORK:
        _found(ticket, to, Weights(target, arch, input_shape), compact, masked)
    else:
        if compact or masked:
            raise BadInput(f"{ticket}: is a constructed ticket; --compact and --masked are for found ones")
        if target is None:
            raise BadInput(f"{ticket}: is a constructed ticket: give the network that it speaks of (--target)")
        _constructed(ticket, to, target, arch, input_shape)
    typer.echo(f"{to}")


def _constructed(ticket: Path, to: Path, target: Path, arch: str | None, input_shape: str | None) -> None:
    from slth.core.ticket import check_fits
    from slth.interop.export import export_network
    from slth.interop.read import read
    from slth.interop.tickets import read_ticket

    found, _ = read_ticket(ticket)
    network = read(target, arch, input_shape).network
    check_fits(found, network)
    export_network(found.to_network(network), to)


def _found(ticket: Path, to: Path, weights: Weights, compact: bool, masked: bool) -> None:
    from slth.core.slim import slim
    from slth.interop.export import export_network
    from slth.interop.found import read_found
    from slth.interop.masked import write_masked

    if compact and masked:
        raise BadInput("--compact drops the units that --masked needs: give one of them")
    found = weights.behind(ticket, read_found(ticket)[0])
    try:
        network = found.network
    except BadInput as error:
        raise BadInput(f"{ticket}: {error}") from None
    if masked:
        write_masked(found, to)
        return
    smaller = slim(network) if compact else network
    export_network(smaller, to)
    if compact:
        count = screen.count
        screen.note(f"{count(smaller.size)} of {count(network.size)} weights are left without dead units")
