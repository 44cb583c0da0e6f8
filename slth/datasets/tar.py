"""Files out of a .tar or .tar.gz, into memory.

Python's tarfile reads links, sparse files and extended headers, and needs care with each of them on a hostile archive.
The two archives that are read here hold plain files with short names, so this reads those and skips the rest.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from slth.core.errors import BadFile
from slth.datasets.files import Stream, opened

BLOCK = 512
NAME, SIZE, CHECKSUM, KIND = slice(0, 100), slice(124, 136), slice(148, 156), 156
PLAIN = (0, ord("0"))
END = bytes(BLOCK)


def read_members(path: Path, wanted: Collection[str]) -> dict[str, bytes]:
    """The wanted plain files of an archive by their names without folders; call it inside `naming`.

    Raises
    ------
    BadFile
        When one is missing or there twice, a header is damaged, or the archive is larger than MAX_BYTES unpacked.
    """
    found: dict[str, bytes] = {}
    with opened(path) as handle:
        stream = Stream(handle)
        while (header := stream.take(BLOCK)) != END:
            _check(header)
            size = _octal(header[SIZE])
            padding = -size % BLOCK
            name = header[NAME].split(b"\0")[0].decode("latin-1").rsplit("/", 1)[-1]
            if header[KIND] not in PLAIN or name not in wanted:
                stream.skip(size + padding)
            elif name in found:
                raise BadFile(f"has two members {name}; fetch it again")
            else:
                found[name] = stream.take(size)
                stream.skip(padding)
        stream.drain()
    missing = sorted(set(wanted) - set(found))
    if missing:
        raise BadFile(f"has no member {', '.join(missing)}; fetch it again")
    return found


def _check(header: bytes) -> None:
    """The checksum: the sum of all bytes of the header, its own field read as spaces."""
    blank = header[: CHECKSUM.start] + b" " * 8 + header[CHECKSUM.stop :]
    if sum(blank) != _octal(header[CHECKSUM]):
        raise BadFile("is damaged or not a tar archive; fetch it again")


def _octal(field: bytes) -> int:
    digits = field.rstrip(b"\0 ").lstrip(b" ")
    if not digits or digits.strip(b"01234567"):
        raise BadFile("is damaged or not a tar archive; fetch it again")
    return int(digits, 8)
