"""The directory of a zip archive, read strictly: stored members only, no overlaps, no hidden bytes, CRC checked."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from slth.core.errors import BadFile
from slth.interop.files import Bytes, shown
from slth.interop.limits import MAX_MEMBERS

END = struct.Struct("<4s4H2IH")
LOCATOR = struct.Struct("<4sIQI")
END64 = struct.Struct("<4sQ2H2I4Q")
ENTRY = struct.Struct("<4s6H3I5H2I")
LOCAL = struct.Struct("<4s5H3I2H")
FULL16, FULL32 = 0xFFFF, 0xFFFFFFFF
DESCRIBED = 0x8
ALLOWED_FLAGS = 0x808  # sizes in a descriptor behind the data; UTF-8 names
DESCRIPTOR_SIZES = (12, 16, 20, 24)
DAMAGED = "its zip directory is damaged or unusual; save it again with torch.save"


@dataclass(frozen=True, slots=True)
class Member:
    """One member, as the central directory announces it."""

    name: str
    header: int
    size: int
    packed: int
    crc: int
    method: int
    flags: int


@dataclass(frozen=True, eq=False)
class Archive:
    """A checked directory over an open file."""

    file: Bytes
    members: dict[str, Member]
    starts: dict[str, int]

    def read(self, name: str) -> bytes:
        """The bytes of a member.

        Raises
        ------
        BadFile
            When it is missing, compressed (torch never does that, so a bomb costs nothing to refuse) or its
            CRC-32 is wrong.
        """
        member = self.members.get(name)
        if member is None:
            raise BadFile(f"its zip archive has no member {shown(name)}; save it again with torch.save")
        if member.method != 0 or member.packed != member.size:
            raise BadFile(f"member {shown(name)} is compressed, which torch.save never does; save it again")
        data = self.file.read(self.starts[name], member.size)
        if zlib.crc32(data) != member.crc:
            raise BadFile(f"member {shown(name)} fails its CRC-32: the file is damaged; copy or save it again")
        return data


def open_archive(file: Bytes) -> Archive:
    """Read and check the directory; no member is read.

    Raises
    ------
    BadFile
        For a damaged directory, duplicate names, overlapping or hidden bytes, encryption, too many members.
    """
    count, size, start = _directory(file)
    if count > MAX_MEMBERS:
        raise BadFile(f"its zip archive has {count} members; at most {MAX_MEMBERS} are read")
    if not count * ENTRY.size <= size <= count * (ENTRY.size + 4096):
        raise BadFile(DAMAGED)
    table, place = file.read(start, size), 0
    members: dict[str, Member] = {}
    for _ in range(count):
        member, place = _entry(table, place)
        if member.name in members:
            raise BadFile(f"its zip archive names {shown(member.name)} twice; save it again with torch.save")
        members[member.name] = member
    if place != len(table):
        raise BadFile(DAMAGED)
    return Archive(file, members, _starts(file, members, start))


def _directory(file: Bytes) -> tuple[int, int, int]:
    """(entries, bytes, start) of the central directory; the end records must close the file exactly."""
    place = file.size - END.size
    signature, disk, first, here, count, size, start, comment = END.unpack(file.read(place, END.size))
    if signature != b"PK\5\6" or disk or first or comment or here != count:
        raise BadFile("its zip archive is truncated or damaged; copy or save it again")
    if place >= LOCATOR.size:
        mark, disk, start64, disks = LOCATOR.unpack(file.read(place - LOCATOR.size, LOCATOR.size))
        if mark == b"PK\6\7":
            place -= LOCATOR.size + END64.size
            if disk or disks != 1 or start64 != place:
                raise BadFile(DAMAGED)
            count, size, start = _end64(file, place, (count, size, start))
    if start + size != place:
        raise BadFile(DAMAGED)
    return count, size, start


def _end64(file: Bytes, place: int, short: tuple[int, int, int]) -> tuple[int, int, int]:
    signature, length, _, _, disk, first, here, *wide = END64.unpack(file.read(place, END64.size))
    if signature != b"PK\6\6" or length != END64.size - 12 or disk or first or here != wide[0]:
        raise BadFile(DAMAGED)
    for narrow, full, value in zip(short, (FULL16, FULL32, FULL32), wide, strict=True):
        if narrow not in (full, value):
            raise BadFile(DAMAGED)
    return wide[0], wide[1], wide[2]


def _entry(table: bytes, place: int) -> tuple[Member, int]:
    """The directory entry at `place`, and where the next one begins."""
    head = table[place : place + ENTRY.size]
    if len(head) < ENTRY.size or head[:4] != b"PK\1\2":
        raise BadFile(DAMAGED)
    _, _, _, flags, method, _, _, crc, packed, size, named, extra, comment, disk, _, _, header = ENTRY.unpack(head)
    place += ENTRY.size
    name = table[place : place + named]
    fields = table[place + named : place + named + extra]
    if flags & ~ALLOWED_FLAGS or disk or comment or len(fields) != extra:
        raise BadFile(DAMAGED)
    size, packed, header = _widened(fields, [size, packed, header])
    return Member(_decoded(name), header, size, packed, crc, method, flags), place + named + extra


def _decoded(name: bytes) -> str:
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        raise BadFile(DAMAGED) from None


def _widened(fields: bytes, values: list[int]) -> list[int]:
    """Replace every value that reads 0xFFFFFFFF by its 64-bit form from the extra field 1."""
    place = 0
    while place + 4 <= len(fields):
        kind, length = struct.unpack_from("<2H", fields, place)
        piece = fields[place + 4 : place + 4 + length]
        place += 4 + length
        if kind == 1:
            words = iter(struct.unpack(f"<{len(piece) // 8}Q", piece[: len(piece) // 8 * 8]))
            values = [next(words, value) if value == FULL32 else value for value in values]
            break
    return values


def _starts(file: Bytes, members: dict[str, Member], end: int) -> dict[str, int]:
    """Where the bytes of each member begin; together with headers and descriptors they must fill [0, end)."""
    starts: dict[str, int] = {}
    reached, described = 0, False
    for member in sorted(members.values(), key=lambda member: member.header):
        _check_gap(member.header - reached, described)
        starts[member.name] = _local(file, member)
        reached = starts[member.name] + member.packed
        described = bool(member.flags & DESCRIBED)
    _check_gap(end - reached, described)
    return starts


def _check_gap(gap: int, described: bool) -> None:
    if gap not in (DESCRIPTOR_SIZES if described else (0,)):
        raise BadFile("its zip members overlap or hide bytes between them; save it again with torch.save")


def _local(file: Bytes, member: Member) -> int:
    """Where the data of a member begin; the local header must agree with the directory."""
    head = LOCAL.unpack(file.read(member.header, LOCAL.size))
    signature, _, flags, method, _, _, crc, packed, size, named, extra = head
    name = file.read(member.header + LOCAL.size, named)
    if signature != b"PK\3\4" or name != member.name.encode("utf-8"):
        raise BadFile(DAMAGED)
    if (flags, method) != (member.flags, member.method):
        raise BadFile(DAMAGED)
    announced = ((crc, member.crc, 0), (packed, member.packed, FULL32), (size, member.size, FULL32))
    for value, wanted, other in announced:
        if value not in (wanted, other) and not (value == 0 and flags & DESCRIBED):
            raise BadFile(DAMAGED)
    return member.header + LOCAL.size + int(named) + int(extra)
