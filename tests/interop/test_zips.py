"""Zip archives: what torch writes is read, every trick with the directory is refused."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from slth.core.errors import BadFile
from slth.interop.files import opened
from slth.interop.zips import open_archive


def archive(members, compression=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as file:
        for name, data in members:
            file.writestr(name, data)
    return buffer.getvalue()


GOOD = archive([("a/data.pkl", b"first"), ("a/data/0", b"second!"), ("empty", b"")])


def contents(tmp_path, data):
    path = tmp_path / "file"
    path.write_bytes(data)
    with opened(path) as file:
        found = open_archive(file)
        return {name: found.read(name) for name in found.members}


def test_members_come_back(tmp_path):
    assert contents(tmp_path, GOOD) == {"a/data.pkl": b"first", "a/data/0": b"second!", "empty": b""}


def test_archives_of_torch_and_of_streams_come_back(tmp_path):
    torch = pytest.importorskip("torch")
    torch.save({"a": torch.ones(100)}, tmp_path / "torch.pt")
    data = (tmp_path / "torch.pt").read_bytes()
    assert contents(tmp_path, data).keys() == set(zipfile.ZipFile(io.BytesIO(data)).namelist())

    class Stream(io.RawIOBase):  # cannot seek, so sizes go into descriptors behind the data
        data = b""

        def writable(self):
            return True

        def write(self, piece):
            self.data += bytes(piece)
            return len(piece)

    stream = Stream()
    with zipfile.ZipFile(stream, "w") as file:
        file.writestr("x", b"12345")
        with file.open("y", "w", force_zip64=True) as member:
            member.write(b"abc")
    assert contents(tmp_path, stream.data) == {"x": b"12345", "y": b"abc"}


def edited(offset, piece, data=GOOD):
    offset %= len(data)
    return data[:offset] + piece + data[offset + len(piece) :]


CENTRAL = GOOD.index(b"PK\1\2")
SECOND = GOOD.index(b"PK\3\4", 4)
with pytest.warns(UserWarning, match="Duplicate name"):
    TWICE = archive([("a", b"1"), ("a", b"2")])
# one member whose bytes are the whole second local entry: the archive then holds it twice
INNER = archive([("b", b"hidden")])[:37]
OVERLAP = archive([("outer", INNER), ("b", b"hidden")])
PLACE = OVERLAP.index(b"PK\1\2", OVERLAP.index(b"PK\1\2") + 4)
BAD = {
    "truncated or damaged": GOOD[:-1],
    "is truncated or": GOOD + b"x",
    "archive is truncated": edited(-2, b"\x05\x00") + b"12345",  # a comment
    "ends too early": GOOD[:10],
    "directory is damaged": edited(CENTRAL, b"XX"),
    "directory is damaged or": edited(-10, struct.pack("<I", 7)),
    "is damaged or unusual": edited(-6, struct.pack("<I", 7)),
    "damaged or unusual": edited(SECOND + 30, b"b"),
    "unusual": edited(CENTRAL + 8, b"\x01\x00"),  # encrypted
    "or unusual": edited(CENTRAL + 20, struct.pack("<I", 3)),  # another size than in the local header
    "save it again with torch.save": edited(CENTRAL + 46, b"\xff"),  # a name that is not UTF-8
    "names a twice": TWICE,
    "overlap or hide": edited(PLACE + 42, struct.pack("<I", 35), OVERLAP),
    "hide bytes between": b"".join((GOOD[:SECOND], b"hidden", GOOD[SECOND:])),
    "fails its CRC-32": edited(GOOD.index(b"second!"), b"S"),
    "is compressed": archive([("a", b"0" * 10**6)], zipfile.ZIP_DEFLATED),
}


@pytest.mark.parametrize("reason", BAD)
def test_tricks_are_refused(tmp_path, reason):
    with pytest.raises(BadFile, match=reason if reason != "hide bytes between" else "."):
        contents(tmp_path, BAD[reason])


def test_the_overlap_is_one_that_zipfile_reads():
    path = io.BytesIO(BAD["overlap or hide"])
    assert zipfile.ZipFile(path).infolist()[1].header_offset == 35


def test_hidden_bytes_are_refused(tmp_path):
    moved = bytearray(GOOD[:SECOND] + b"hidden" + GOOD[SECOND:])
    end = len(moved) - 22
    for place in (end + 16, *(m for m in range(end) if moved[m : m + 4] == b"PK\1\2")):
        where = place if place > end else place + 42
        (value,) = struct.unpack_from("<I", moved, where)
        if value >= SECOND:
            struct.pack_into("<I", moved, where, value + 6)
    assert zipfile.ZipFile(io.BytesIO(moved)).read("a/data/0") == b"second!"
    with pytest.raises(BadFile, match="overlap or hide bytes"):
        contents(tmp_path, bytes(moved))


def test_the_number_of_members_is_bounded(tmp_path):
    with pytest.raises(BadFile, match="has 20001 members; at most 20000"):
        contents(tmp_path, archive((str(number), b"") for number in range(20_001)))
