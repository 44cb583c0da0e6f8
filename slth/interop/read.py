"""The door for users' files: a trained network from a file, without executing anything in it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from slth.core.errors import BadFile, BadInput
from slth.core.network import Network
from slth.core.nodes import Shape
from slth.interop.architecture import parse_arch
from slth.interop.assigning import canonical_names, positional
from slth.interop.contents import Contents, open_contents
from slth.interop.describe import describe, summary
from slth.interop.files import naming, opened
from slth.interop.guess import guess
from slth.interop.plans import build
from slth.interop.sizes import parse_input
from slth.interop.states import Loaded, grouped, load_layers
from slth.interop.steps import ONCE, WEIGHTED, Plan
from slth.interop.targets import write_target

__all__ = ["Target", "inspect", "read", "write_target"]


@dataclass(frozen=True, eq=False)
class Target:
    """A network that was read, and what the user should hear about how.

    Parameters
    ----------
    network : Network
    notes : tuple of str
        Lines to print: what was guessed, converted or multiplied out.
    source_format : str
    original_dtype : str
        Number types of the weights in the file, for example "float32" or "float32, bfloat16".
    """

    network: Network
    notes: tuple[str, ...]
    source_format: str
    original_dtype: str


def read(
    path: str | os.PathLike[str],
    arch: str | os.PathLike[str] | None = None,
    input_shape: str | Sequence[int] | None = None,
) -> Target:
    """Read a trained network from a .pt, .pth, .onnx or .safetensors file; the content decides, not the name.

    Parameters
    ----------
    path : path of the file
    arch : str, optional
        What `--arch` takes: `784-500-10`, `lenet5`, a text, or a JSON file. Needed where the file does not say it.
    input_shape : str or sequence of int, optional
        What `--input` takes, `1x28x28`, or (1, 28, 28). Needed where neither file nor `arch` says it.

    Raises
    ------
    BadInput
        For an `arch` or an `input_shape` that is none.
    BadFile
        For every file that cannot be read as a network; one line names it and says what to do.
    Unavailable
        When memory runs out.
    """
    plan = None if arch is None else parse_arch(arch)
    shape = None if input_shape is None else parse_input(input_shape)
    with naming(path), opened(path) as file:
        return to_target(open_contents(file), plan, shape)


def to_target(contents: Contents, plan: Plan | None, shape: Shape | None = None) -> Target:
    """Put contents and an optional plan of the user together.

    Raises
    ------
    BadFile
        When the architecture is code and no plan is given, or the two contradict each other.
    """
    if contents.code and plan is None:
        raise BadFile(f"{contents.code} ({ONCE})")
    own = contents.plan() if contents.plan else None
    loaded = load_layers(grouped(contents.state), own is not None and own.canonical)
    network, heard = _network(own, plan, loaded, shape)
    if contents.digest is not None and contents.digest != network.digest:
        raise BadFile("its digest is not that of its weights: the file was changed or damaged; convert it again")
    return Target(network, (*contents.notes, *loaded.notes, *heard), contents.source_format, loaded.dtype)


def _network(
    own: Plan | None, asked: Plan | None, loaded: Loaded, shape: Shape | None
) -> tuple[Network, tuple[str, ...]]:
    """The network and the plan's notes; where file and user both say an architecture they must agree."""
    if asked is None:
        plan = own or guess(loaded)
        found = build(plan, loaded, shape)
        return found.network, plan.notes + found.notes
    names = {layer.name for layer in loaded.layers}
    known = all(step.layer in names for step in asked.steps if step.op in WEIGHTED[:2])
    if canonical_names(asked) and not known:
        asked = positional(asked)
    wanted = build(asked, loaded, shape)
    if own is None:
        return wanted.network, asked.notes + wanted.notes
    found = build(own, loaded, wanted.network.input_shape)
    if found.network.digest != wanted.network.digest:
        form = summary(found.network)
        raise BadFile(f"says its own architecture ({form}), which is not that of --arch; leave --arch out")
    return found.network, own.notes


def inspect(
    path: str | os.PathLike[str],
    arch: str | os.PathLike[str] | None = None,
    input_shape: str | Sequence[int] | None = None,
) -> dict[str, Any]:
    """Describe a file as far as it can be read: tensors, module tree, architecture, what stands in the way.

    Returns
    -------
    dict
        The fields of `describe.Description`, ready for JSON.

    Raises
    ------
    BadFile
        When not even the list of tensors can be read.
    """
    plan = None if arch is None else parse_arch(arch)
    shape = None if input_shape is None else parse_input(input_shape)
    with naming(path), opened(path) as file:
        contents = open_contents(file)
        try:
            target = to_target(contents, plan, shape)
        except BadInput as error:
            return asdict(describe(path, contents, None, str(error)))
        return asdict(describe(path, contents, target.network, None, target.notes))
