"""Integer arrays in a .npz file, read strictly: no pickles, and never more bytes than the file declares and has."""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from slth.core.errors import BadFile
from slth.core.network import Array
from slth.datasets.files import MAX_BYTES, TRUNCATED, opened

MAGIC = b"\x93NUMPY"
MAX_HEADER = 4096
MAX_DIGITS = 12
HEADER = re.compile(
    r"\{'descr': '([<>|][iu][1248])', 'fortran_order': (True|False), 'shape': \(([0-9, ]*)\), \} *\n", re.ASCII
)
"""As numpy writes it. Parsing no more than that keeps Python's own parser away from a user's file."""


def read_arrays(path: Path, names: Sequence[str]) -> dict[str, Array]:
    """The named arrays of a .npz file; others are not looked at.

    Raises
    ------
    BadFile
        When one is missing, damaged, or not of integers.
    """
    with opened(path) as handle, zipfile.ZipFile(handle) as archive:
        members = {member.filename: member for member in archive.infolist()}
        missing = [name for name in names if f"{name}.npy" not in members]
        if missing:
            raise BadFile(f"has no array {', '.join(missing)}; it needs {', '.join(names)}")
        return {name: _array(archive, members[f"{name}.npy"], name) for name in names}


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> Array:
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BadFile(f"array {name} is packed in a way that numpy does not use; save it again with numpy.savez")
    if member.file_size > MAX_BYTES:
        raise BadFile(f"array {name} has {member.file_size} bytes; at most {MAX_BYTES} are read")
    with archive.open(member) as stream:
        dtype, fortran, shape = _header(stream, name)
        size = math.prod(shape) * dtype.itemsize
        if stream.tell() + size != member.file_size:
            raise BadFile(f"array {name} of shape {shape} does not fit its {member.file_size} bytes; save it again")
        data = stream.read(size)  # up to the end of the member, where zipfile compares its CRC-32
    if len(data) != size:
        raise BadFile(TRUNCATED)
    return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")


def _header(stream: Any, name: str) -> tuple[np.dtype[Any], bool, tuple[int, ...]]:
    """(dtype, whether in Fortran order, shape) from the head of a .npy file."""
    start: BinaryIO = stream
    head = start.read(len(MAGIC) + 2)
    if head[:-2] != MAGIC or head[-2] not in (1, 2):
        raise BadFile(f"array {name} is not one that numpy wrote; save it again with numpy.savez")
    length = int.from_bytes(start.read(2 if head[-2] == 1 else 4), "little")
    if length > MAX_HEADER:
        raise BadFile(f"array {name} has a header of {length} bytes; save it again with numpy.savez")
    found = HEADER.fullmatch(start.read(length).decode("latin-1"))
    if found is None:
        raise BadFile(f"array {name} is not of integers, as numpy writes them; save it so with numpy.savez")
    sides = [side.strip() for side in found[3].split(",") if side.strip()]
    if len(sides) > 8 or any(len(side) > MAX_DIGITS for side in sides):
        raise BadFile(f"array {name} has an impossible shape ({found[3][:80]}); save it again")
    return np.dtype(found[1]), found[2] == "True", tuple(map(int, sides))
