"""Reading data files: regular files only, front to back, gzip bounded, every failure one line that names the file."""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from slth.core.errors import BadFile, BadInput, Unavailable

MAX_BYTES = 1 << 30
"""Bytes that are read from one file, after unpacking: a small file may pack any number of them."""
CHUNK = 1 << 20
GZIP = b"\x1f\x8b"
GZIP_WINDOW = 31  # zlib's number for: a gzip header and trailer, whose CRC-32 it checks
TRUNCATED = "it ends too early; it is truncated or damaged: copy or fetch it again"
TOO_LARGE = f"it asks for more than the {MAX_BYTES} bytes that are read from one file"
MALFORMED = (
    ValueError,
    ArithmeticError,
    LookupError,
    TypeError,
    AttributeError,
    RuntimeError,
    EOFError,
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
)
"""What zlib, zipfile and numpy raise on damaged bytes; `naming` turns each into a BadFile."""


def shown(text: object) -> str:
    """A text from outside as one printable line of at most 200 characters."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(text)[:200])


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Turn every failure inside the block into one line that begins with the path.

    Raises
    ------
    BadFile
        For a file that is malformed or can not be read.
    Unavailable
        When memory runs out, or a package is missing.
    """
    try:
        yield
    except Unavailable:
        raise
    except BadInput as error:
        raise BadFile(f"{shown(path)}: {error}") from None
    except MemoryError:
        raise Unavailable(f"{shown(path)}: not enough memory to read it") from None
    except OSError as error:
        raise BadFile(f"{shown(path)}: can not be read: {shown(error.strerror or error)}") from None
    except MALFORMED as error:
        raise BadFile(f"{shown(path)}: is damaged ({type(error).__name__}); copy or fetch it again") from None


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a regular file; a pipe or a device is refused without waiting for it."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise BadFile("is not a regular file")
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb") as handle:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise BadFile("is not a regular file")
        yield handle


class Stream:
    """An open file read from front to back, unpacked on the way where it is gzip.

    Never holds more than was asked for, so a file that unpacks to a terabyte costs what its header declares.
    """

    def __init__(self, handle: BinaryIO) -> None:
        self._handle = handle
        self._left = MAX_BYTES
        packed = handle.read(len(GZIP)) == GZIP
        handle.seek(0)
        self._unpacker = zlib.decompressobj(GZIP_WINDOW) if packed else None

    def take(self, count: int) -> bytes:
        """Exactly the next `count` bytes.

        Raises
        ------
        BadFile
            When the file is shorter, or more than MAX_BYTES are taken in all.
        """
        if count > self._left:
            raise BadFile(TOO_LARGE)
        self._left -= count
        out = bytearray()
        while len(out) < count:
            piece = self._some(count - len(out))
            if not piece:
                raise BadFile(TRUNCATED)
            out += piece
        return bytes(out)

    def skip(self, count: int) -> None:
        """Take `count` bytes and forget them, a piece at a time."""
        while count:
            count -= len(self.take(min(count, CHUNK)))

    def drain(self) -> None:
        """Skip whatever follows, so that the checksum of a gzip file is compared, and finish."""
        while piece := self._some(CHUNK):
            self._left -= len(piece)
            if self._left < 0:
                raise BadFile(TOO_LARGE)
        self.finish()

    def finish(self) -> None:
        """Refuse bytes behind what was taken, and a gzip file whose checksum is wrong or missing."""
        if self._some(1) or self._handle.read(1):
            raise BadFile("has bytes behind its end; copy or fetch it again")
        if self._unpacker is not None:
            if not self._unpacker.eof:
                raise BadFile(TRUNCATED)
            if self._unpacker.unused_data:
                raise BadFile("has bytes behind its end; copy or fetch it again")

    def _some(self, limit: int) -> bytes:
        """At least one byte and at most `limit`; none at the end of the file."""
        if self._unpacker is None:
            return self._handle.read(min(limit, CHUNK))
        while not self._unpacker.eof:
            packed = self._unpacker.unconsumed_tail or self._handle.read(CHUNK)
            piece = self._unpacker.decompress(packed, min(limit, CHUNK))
            if piece or not packed:
                return piece
        return b""
