"""Both containers of torch.save: the zip archive (since 1.6) and the row of pickles before it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from slth.core.errors import BadFile
from slth.core.network import Array
from slth.interop.files import Bytes, shown
from slth.interop.limits import MAX_PICKLE, MAX_TENSORS
from slth.interop.pickles import Unpickler
from slth.interop.standins import StorageRef
from slth.interop.tensors import NUMPY, Storages, flat
from slth.interop.zips import Archive

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
OTHER_SIZES = {"complex64": 8, "complex128": 16, "qint8": 1, "quint8": 1, "qint32": 4, "quint4x2": 1, "quint2x4": 1}


@dataclass(frozen=True)
class Pickled:
    """The object that was saved, as stand-ins, and where the numbers of its tensors lie."""

    value: Any
    storages: Storages


@dataclass(frozen=True, eq=False)
class ZipStorages:
    """Storages as members `<root>/data/<key>` of a zip archive; each is read once and kept."""

    archive: Archive
    root: str
    read: dict[str, Array] = field(default_factory=dict)

    def flat(self, ref: StorageRef) -> Array:
        """The whole storage; its member must have exactly the announced length."""
        known = self.read.get(ref.key)
        if known is not None and known.dtype == np.dtype(NUMPY[ref.dtype]) and len(known) == ref.count:
            return known
        name = f"{self.root}data/{ref.key}"
        member = self.archive.members.get(name)
        if member is not None and member.size != ref.count * np.dtype(NUMPY[ref.dtype]).itemsize:
            raise BadFile(f"member {shown(name)} has the wrong length; the file is damaged: save it again")
        self.read[ref.key] = flat(self.archive.read(name), ref.dtype)
        return self.read[ref.key]


def read_zip(archive: Archive, pickle: str) -> Pickled:
    """The saved object of a zip archive whose pickle is the member named.

    Raises
    ------
    BadFile
        For an oversized or damaged pickle, or numbers in big-endian order.
    """
    root = pickle.removesuffix("data.pkl")
    order = f"{root}byteorder"
    if order in archive.members and archive.members[order].size <= 16 and archive.read(order) != b"little":
        raise BadFile("its numbers are big-endian; save it again on a little-endian machine")
    if archive.members[pickle].size > MAX_PICKLE:
        raise BadFile(f"its pickle is larger than {MAX_PICKLE} bytes; save the state_dict alone")
    data = archive.read(pickle)
    unpickler = Unpickler(data)
    value = unpickler.load()
    if unpickler.place != len(data):
        raise BadFile("its pickle is followed by other bytes; save it again")
    return Pickled(value, ZipStorages(archive, root))


@dataclass(frozen=True, eq=False)
class LegacyStorages:
    """Storages one after the other behind the pickles, each announced by its count."""

    file: Bytes
    places: dict[str, tuple[StorageRef, int]]
    read: dict[str, Array] = field(default_factory=dict)

    def flat(self, ref: StorageRef) -> Array:
        """The whole storage; the reference must be the one that was checked against the file."""
        if ref.key not in self.read:
            known, place = self.places[ref.key]
            size = known.count * np.dtype(NUMPY[known.dtype]).itemsize
            self.read[ref.key] = flat(self.file.read(place, size), known.dtype)
        return self.read[ref.key]


def read_legacy(file: Bytes) -> Pickled:
    """The saved object of a file from before torch 1.6: magic, protocol, system, object, keys, storages.

    Raises
    ------
    BadFile
        For anything else, and where storages are missing, repeated or of another length than announced.
    """
    unpickler = Unpickler(file.head(MAX_PICKLE))
    if unpickler.load() != MAGIC:
        raise BadFile("is a plain pickle, not a file of torch.save; save the state_dict with torch.save")
    if unpickler.load() != PROTOCOL:
        raise BadFile("its torch format number is unknown; load it and save it again")
    system = unpickler.load()
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        raise BadFile("its numbers are big-endian; save it again on a little-endian machine")
    value = unpickler.load()
    references = unpickler.storages
    keys = unpickler.load()
    good = isinstance(keys, list) and all(isinstance(key, str) for key in keys)
    if not good or len(set(keys)) != len(keys) or len(keys) > 4 * MAX_TENSORS or set(keys) != set(references):
        raise BadFile("its list of storages is damaged; save the file again")
    places: dict[str, tuple[StorageRef, int]] = {}
    place = unpickler.place
    for key in keys:
        ref = references[key]
        width = OTHER_SIZES.get(ref.dtype) or (np.dtype(NUMPY[ref.dtype]).itemsize if ref.dtype in NUMPY else 0)
        if not width or int.from_bytes(file.read(place, 8), "little") != ref.count:
            raise BadFile(f"its storage {shown(key)} is damaged or of an unknown type; save the file again")
        places[key] = (ref, place + 8)
        place += 8 + width * ref.count
        if place > file.size:
            raise BadFile("it ends too early; it is truncated or damaged: copy or save it again")
    if place != file.size:
        raise BadFile("its storages are followed by other bytes; save it again")
    return Pickled(value, LegacyStorages(file, places))
