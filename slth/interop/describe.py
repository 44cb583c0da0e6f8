"""A description of a file as data, for `slth inspect`."""

from __future__ import annotations

import os
from dataclasses import dataclass

from slth.core.errors import BadFile
from slth.core.network import Activation, Dense, Flatten, Network
from slth.interop.contents import Contents
from slth.interop.files import shown
from slth.interop.limits import MAX_WEIGHTS
from slth.interop.spec import as_spec
from slth.interop.tensors import FLOATS, Stored


@dataclass(frozen=True)
class TensorLine:
    """One tensor: name, shape, number type, smallest and largest entry; or the problem with it."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    minimum: float | None
    maximum: float | None
    problem: str | None


@dataclass(frozen=True)
class Description:
    """What is in a file.

    Parameters
    ----------
    path : str
    source_format : str
    tensors : tuple of TensorLine
    tree : tuple of str
        Indented lines of the module tree, empty for a state_dict.
    architecture : str or None
        Widths such as `784-500-10`, or the text of `--arch`, where slth can read the file as a network.
    digest : str or None
        That of the network.
    notes : tuple of str
    problem : str or None
        Why slth cannot read it as a network.
    """

    path: str
    source_format: str
    tensors: tuple[TensorLine, ...]
    tree: tuple[str, ...]
    architecture: str | None
    digest: str | None
    notes: tuple[str, ...]
    problem: str | None


def describe(
    path: str | os.PathLike[str],
    contents: Contents,
    network: Network | None,
    problem: str | None,
    notes: tuple[str, ...] = (),
) -> Description:
    """The description of opened contents; extremes are computed for at most MAX_WEIGHTS numbers in all."""
    lines: list[TensorLine] = []
    left = MAX_WEIGHTS
    for name, entry in contents.state.items():
        left -= entry.size
        lines.append(_line(shown(name), entry, left >= 0))
    return Description(
        shown(os.fspath(path)),
        contents.source_format,
        tuple(lines),
        contents.tree,
        None if network is None else summary(network),
        None if network is None else network.digest,
        notes or contents.notes,
        problem,
    )


def _line(name: str, entry: Stored, affordable: bool) -> TensorLine:
    if entry.problem or entry.dtype not in FLOATS or not entry.size or not affordable:
        return TensorLine(name, entry.shape, entry.dtype, None, None, entry.problem)
    try:
        numbers = entry.load()
    except BadFile as error:
        return TensorLine(name, entry.shape, entry.dtype, None, None, str(error))
    return TensorLine(name, entry.shape, entry.dtype, float(numbers.min()), float(numbers.max()), None)


def summary(network: Network) -> str:
    """Widths in short, for example `784-500-10`, of dense layers with ReLU; of other networks the text of `--arch`."""
    plain = all(isinstance(node, Dense | Flatten) or node == Activation("relu") for node in network.nodes)
    if not (plain and network.is_sequence):
        return as_spec(network)
    return "-".join(str(width) for width in (network.affine[0].shape[1], *(d.shape[0] for d in network.affine)))
