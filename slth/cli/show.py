"""`slth show`: what a ticket holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from slth.cli import screen
from slth.cli.options import Json

if TYPE_CHECKING:
    from slth.core.found import FoundTicket
    from slth.core.given import Stock


def show(ticket: Annotated[Path, typer.Argument(help="A ticket.")], json: Json = False) -> None:
    """Say what a ticket holds and claims; nothing is proved (see slth verify)."""
    from slth.interop.envelope import NETWORK, kind_of

    (_found if kind_of(ticket) == NETWORK else _constructed)(ticket, json)


def _constructed(ticket: Path, json: bool) -> None:
    from slth.interop.tickets import encode, read_ticket

    found, digest = read_ticket(ticket)
    body = encode(found)[0]
    if json:
        screen.as_json({**body, "sha256": digest, "missed": len(found.missed)})
        return
    claim = found.claim
    typer.echo(str(ticket))
    lines = [
        ("claim", f"|ticket - target| <= {screen.number(claim.eps)} on {claim.domain}"),
        ("target", claim.target),
        ("seed", f"{found.source.seed}, law {found.source.law.label}"),
        ("kept", f"{screen.count(found.mask.count)} of {screen.count(found.source.size)} weights"),
    ]
    for number, layer in enumerate(found.source.layers):
        kept = len(found.mask.kept[number])
        shape = f"{screen.layer_shape(layer)}, scale {layer.scale:g}"
        shape += f", then {layer.activation.kind}" if layer.activation.kind != "relu" else ""
        shape += ", reads its stage's input itself" if layer.direct else ""
        shape += f", {layer.copies} copies of each neuron" if layer.copies > 1 else ""
        lines.append((f"layer {number}", f"{shape}, {screen.count(kept)} kept"))
    lines += [(key, screen.plain(value)) for key, value in found.made.items() if value != {}]
    lines += [("missed", f"{len(found.missed)} weights"), ("sha256", digest)]
    screen.rows(lines)


def _found(ticket: Path, json: bool) -> None:
    from slth.cli.verify_found import learned_numbers
    from slth.interop.found import encode, read_found

    found, digest = read_found(ticket)
    body = encode(found)[0]
    mask, source, claim, count = found.mask, found.source, found.claim, screen.count
    if json:
        more = {"density": mask.density, "densities": list(mask.densities), "learned_numbers": learned_numbers(found)}
        screen.as_json({**body, **more, "sha256": digest})
        return
    typer.echo(str(ticket))
    lines = [
        ("claim", f"{count(claim.correct)} of {count(claim.of)} correct ({claim.accuracy:.4%}) on {claim.name}"),
        ("data", claim.data),
        ("bytes", _preprocessing(body["claim"])),
        ("network", _network(body)),
        _origin(source),
        ("values", _values(found)),
        ("kept", f"{count(mask.count)} of {count(source.size)} weights, density {screen.number(mask.density)}"),
        ("negated", f"{count(sum(int((signs < 0).sum()) for signs in mask.signs))} of the kept weights"),
        ("redrawn", f"{count(sum(int((draws > 0).sum()) for draws in mask.draws))} of the kept weights"),
        ("learned", f"{count(learned_numbers(found))} numbers, means and variances of norms"),
    ]
    for number, (layer, density) in enumerate(zip(source.layers, mask.densities, strict=True)):
        kept = f"{count(len(mask.kept[number]))} kept, density {screen.number(density)}"
        lines.append((f"layer {number}", f"{screen.layer_shape(layer)}, scale {layer.scale:g}, {kept}"))
    lines += [(key, screen.plain(value)) for key, value in found.made.items() if value != {}]
    screen.rows([*lines, ("sha256", digest)])


def _origin(source: Stock) -> tuple[str, str]:
    """Where the weights come from."""
    from slth.core.given import Given

    if isinstance(source, Given):
        return "weights", f"given: those of the network of digest {source.digest}, which is not in this file"
    return "seed", f"{source.seed}, law {source.law.label}"


def _values(found: FoundTicket) -> str:
    from slth.cli.verify_found import network_of

    return "signs of random weights, one size a layer" if found.values == "binary" else network_of(found)[1]


def _preprocessing(claim: dict[str, Any]) -> str:
    mean, deviation = (screen.listed([float.fromhex(text) for text in claim[key]]) for key in ("mean", "deviation"))
    return f"(byte / {claim['largest']} - {mean}) / {deviation}"


def _network(body: dict[str, Any]) -> str:
    """One line for the nodes: `1x28x28 -> conv 64 kernel 3x3 -> norm -> ...`, numbered where some are summed."""
    nodes, layers = body["architecture"]["nodes"], iter(body["layers"])
    numbered = any("inputs" in node for node in nodes)
    parts = ["x".join(map(str, body["architecture"]["input"]))]
    for number, node in enumerate(nodes):
        text = str(node["op"])
        if text in ("dense", "conv"):
            layer = next(layers)
            text += f" {layer['rows']}"
            node = node | ({"kernel": layer.get("kernel", [1, 1])} if text.startswith("conv") else {})
        for key in ("kernel", "stride", "padding"):
            if node.get(key) not in (None, [0, 0] if key == "padding" else [1, 1]):
                text += f" {key} {node[key][0]}x{node[key][1]}"
        text += f" of {', '.join(map(str, node['inputs']))}" if "inputs" in node else ""
        parts.append(f"{number} {text}" if numbered else text)
    return " -> ".join(parts)
