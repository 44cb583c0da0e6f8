"""The door for users' files: a trained network from a file, without executing anything in it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from slth.core.errors import BadFile, BadInput
from slth.core.network import Network
from slth.interop.architecture import canonical_names, guess, parse_arch, positional
from slth.interop.contents import Contents, open_contents
from slth.interop.describe import describe
from slth.interop.files import naming, opened
from slth.interop.plans import Plan, build, summary
from slth.interop.states import Layer, grouped, load_layers
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


def read(path: str | os.PathLike[str], arch: str | os.PathLike[str] | None = None) -> Target:
    """Read a trained network from a .pt, .pth or .safetensors file; the content decides, not the name.

    Parameters
    ----------
    path : path of the file
    arch : str, optional
        What `--arch` takes: `784-500-10`, or a JSON file. Needed where the file does not say it.

    Raises
    ------
    BadFile
        For every file that cannot be read as a network; one line names it and says what to do.
    Unavailable
        When memory runs out.
    """
    plan = None if arch is None else parse_arch(arch)
    with naming(path), opened(path) as file:
        return to_target(open_contents(file), plan)


def to_target(contents: Contents, plan: Plan | None) -> Target:
    """Put contents and an optional plan of the user together.

    Raises
    ------
    BadFile
        When the architecture is code and no plan is given, or the two contradict each other.
    """
    if contents.code and plan is None:
        raise BadFile(contents.code)
    own = contents.plan() if contents.plan else None
    layers, dtype, notes = load_layers(grouped(contents.state))
    network, heard = _network(own, plan, layers)
    if contents.digest is not None and contents.digest != network.digest:
        raise BadFile("its digest is not that of its weights: the file was changed or damaged; convert it again")
    return Target(network, (*contents.notes, *notes, *heard), contents.source_format, dtype)


def _network(own: Plan | None, asked: Plan | None, layers: Sequence[Layer]) -> tuple[Network, tuple[str, ...]]:
    """The network and the plan's notes; where file and user both say an architecture they must agree."""
    if asked is None:
        plan = own or guess(layers)
        return build(plan, layers), plan.notes
    names = {layer.name for layer in layers}
    known = all(step.layer in names for step in asked.steps if step.op == "dense")
    if canonical_names(asked) and not known:
        asked = positional(asked)
    if own is None:
        return build(asked, layers), asked.notes
    network, wanted = build(own, layers), build(asked, layers)
    if network.digest != wanted.digest:
        raise BadFile(f"says its own architecture ({summary(network)}), which is not that of --arch; leave --arch out")
    return network, own.notes


def inspect(path: str | os.PathLike[str], arch: str | os.PathLike[str] | None = None) -> dict[str, Any]:
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
    with naming(path), opened(path) as file:
        contents = open_contents(file)
        try:
            target = to_target(contents, plan)
        except BadInput as error:
            return asdict(describe(path, contents, None, str(error)))
        return asdict(describe(path, contents, target.network, None, target.notes))
