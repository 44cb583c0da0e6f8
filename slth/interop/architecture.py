"""What --arch takes: widths, a name, a text, or a JSON file."""

from __future__ import annotations

import os
import re
from pathlib import Path

from slth.core.errors import BadInput
from slth.interop.archjson import parse_plan
from slth.interop.files import naming, read_small, shown
from slth.interop.limits import MAX_HEADER
from slth.interop.named import NAMED, named
from slth.interop.sizes import checked_shape, checked_sizes, number
from slth.interop.spec import parse_spec
from slth.interop.steps import Plan, Step

HELP = (
    f"write widths such as 784-500-10 or mlp:784-500-10:relu:nobias, a name ({', '.join(NAMED)}), "
    "a text such as '1x28x28; conv 6 5x5 same; relu; maxpool 2; flatten; dense 10', or give a JSON file"
)
SPEC = re.compile(r"(?:mlp:)?([0-9]+(?:x[0-9]+)*(?:-[0-9]+)+)((?::[a-z]+)*)", re.ASCII)


def parse_arch(spec: str | os.PathLike[str]) -> Plan:
    """The plan that `--arch` names.

    Raises
    ------
    BadInput
        For anything else; the line says what to write.
    """
    text = os.fspath(spec)
    if SPEC.fullmatch(text):
        return parse_line(text)
    if text in NAMED:
        return named(text)
    if ";" in text:
        return parse_spec(text)
    if text.endswith(".json") or os.path.lexists(text):
        with naming(text):
            return parse_plan(read_small(Path(text), MAX_HEADER), "the architecture")
    raise BadInput(f"--arch {shown(text, 80)} is not an architecture: {HELP}")


def parse_line(text: str) -> Plan:
    """The plan of `[mlp:]INPUT-WIDTH-...-WIDTH[:relu][:bias|:nobias]`; INPUT may be a picture, `1x28x28`.

    ReLU stands between the layers, none after the last. Without `bias` or `nobias` the file decides.

    Raises
    ------
    BadInput
        For a line that does not follow the pattern, or sizes out of range.
    """
    match = SPEC.fullmatch(text) if len(text) <= 100_000 else None
    if match is None:
        raise BadInput(f"--arch {shown(text, 80)} is not an architecture: {HELP}")
    first, *rest = match[1].split("-")
    options = [option for option in match[2].split(":") if option]
    unknown = set(options) - {"relu", "bias", "nobias"}
    if unknown or len(set(options)) != len(options) or {"bias", "nobias"} <= set(options):
        raise BadInput(f"--arch {shown(text, 80)}: the options are relu, bias, nobias, each once")
    shape = checked_shape([number(piece) for piece in first.split("x")])
    widths = checked_sizes([number(piece) for piece in rest], "a layer", chained=True)
    bias = True if "bias" in options else False if "nobias" in options else None
    steps = [Step("flatten")] if len(shape) > 1 else []
    for index, width in enumerate(widths):
        steps += [Step("relu")] * (index > 0) + [Step("dense", width=width, bias=bias)]
    return Plan(shape, tuple(steps))
