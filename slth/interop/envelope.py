"""What all ticket files share: one canonical JSON with the digest of everything, in a safetensors container."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from numpy.typing import NDArray

from slth.core.errors import BadFile, BadInput
from slth.core.network import canonical_json, content_digest
from slth.interop.files import naming, opened
from slth.interop.safetensors import parse, read_container, write_container

KEY = "slth.ticket"
FORMAT = "slth-ticket/1"
GENERATOR = "philox4x32-10/1"
GIVEN = "given/1"
"""In place of a generator: weights are those of a network in another file, and the ticket has its digest."""
PAIRS, NETWORK = "pairs", "network"
"""Structures: of a ticket that was constructed for a target, of one that a search found."""
OTHER = {
    PAIRS: "is a constructed ticket, not a found one; slth verify TICKET --target FILE checks it",
    NETWORK: "is a found ticket, whose claim is about data; slth verify TICKET --data NAME checks it",
}
Body = dict[str, Any]
Tensors = dict[str, NDArray[Any]]
Held = TypeVar("Held")


def write_sealed(path: str | Path, body: Body, tensors: Tensors) -> str:
    """Writes the JSON of a ticket with its digest, and the tensors, whole or not at all; returns the digest.

    Raises
    ------
    Unavailable
        When the place cannot be written; nothing is left behind.
    """
    body["sha256"] = content_digest(canonical_json(body), tensors)
    write_container(path, {KEY: canonical_json(body)}, tensors)
    return str(body["sha256"])


def kind_of(path: str | Path) -> str:
    """The structure of a ticket: `pairs` for a constructed one, `network` for a found one.

    What is no ticket at all counts as `pairs`: its reader says what is wrong.

    Raises
    ------
    BadFile
        When the file can not be opened, is no container, or its JSON is none.
    """
    with naming(path), opened(path) as file:
        text = parse(file).metadata.get(KEY, "")
    try:
        body = _parsed(text) if text else None
    except (ValueError, RecursionError) as error:
        raise BadFile(f"{path}: {_one_line(error)}") from None
    return NETWORK if isinstance(body, dict) and body.get("structure") == NETWORK else PAIRS


def read_sealed(
    path: str | Path, decode: Callable[[Body, Tensors], Held], encode: Callable[[Held], tuple[Body, Tensors]]
) -> tuple[Held, str]:
    """What `decode` makes of the JSON object (without its digest) and the tensors of a file; and the digest.

    Raises
    ------
    BadFile
        When the file is damaged, `decode` refuses it, or `encode` does not give it back.
    """
    with naming(path), opened(path) as file:
        container = parse(file)
        strange = any(span.code == "BF16" for span in container.spans.values())  # those would arrive as float32
    metadata, tensors = read_container(path)
    if strange:
        raise BadFile(f"{path}: holds tensors of type BF16, which a ticket does not have")
    if KEY not in metadata:
        raise BadFile(f"{path}: not a ticket (no {KEY} in its metadata)")
    try:
        body = _parsed(metadata[KEY])
        if not isinstance(body, dict) or canonical_json(body) != metadata[KEY]:
            raise BadInput("its JSON is not canonical")
        digest = body.pop("sha256")
        if content_digest(canonical_json(body), tensors) != digest:
            raise BadInput("its digest does not match its content")
        held = decode(body, tensors)
        _check_round_trip(*encode(held), body, tensors)
        return held, str(digest)
    except BadInput as error:
        raise BadFile(f"{path}: {_one_line(error)}") from None
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, OverflowError, IndexError) as error:
        raise BadFile(f"{path}: not a ticket of format 1 ({type(error).__name__}: {_one_line(error)})") from None


def check_kind(body: Body, structure: str) -> None:
    """Refuses other formats and generators, and tickets of the other structure with a word on what reads them.

    Raises
    ------
    BadInput
    """
    known = body["format"] == FORMAT and body["generator"] in (GENERATOR, GIVEN)
    if known and body["structure"] in OTHER and body["structure"] != structure:
        raise BadInput(OTHER[body["structure"]])
    if not known or body["structure"] != structure or (structure == PAIRS and body["generator"] != GENERATOR):
        raise BadInput("format, generator or structure is not one that this version reads")


def _check_round_trip(again: Body, same: Tensors, body: Body, tensors: Tensors) -> None:
    """Refuses what is more or other than what the ticket, written again, is; masks may be encoded either way."""
    pairs = zip(again["masks"], body["masks"], strict=True)
    again["masks"] = [own | {"encoding": given["encoding"]} for own, given in pairs]
    if canonical_json(again) != canonical_json(body) or same.keys() != tensors.keys():
        raise BadInput("a field is missing, unknown, or not written as FORMAT.md says")
    for name, array in same.items():
        given = tensors[name]
        fits = given.dtype == array.dtype and given.shape == array.shape and given.tobytes() == array.tobytes()
        if not name.startswith("mask.") and not fits:
            raise BadInput(f"tensor {name} is not what FORMAT.md says")


def _parsed(text: str) -> Any:
    return json.loads(text, parse_float=_no_float, parse_constant=_no_float, parse_int=_integer)


def _one_line(error: Exception) -> str:
    return ascii(" ".join(str(error).split()))[1:-1][:300]


def _integer(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > 1 << 53:
        raise BadInput("its JSON holds an integer beyond 2^53")
    return int(text)


def _no_float(text: str) -> float:
    raise BadInput(f"its JSON holds {text[:40]}, and FORMAT.md allows no floating-point numbers")
