"""Opening a user's file: regular files only, without blocking, every failure one line that names the file."""

from __future__ import annotations

import errno
import os
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from slth.core.errors import BadFile, BadInput, Unavailable
from slth.interop.limits import MAX_FILE

REASONS = {
    errno.ENOENT: "there is no such file",
    errno.ELOOP: "its symbolic links run in a circle",
    errno.EACCES: "no permission to read it",
    errno.EPERM: "no permission to read it",
    errno.ENOTDIR: "a part of the path is a file, not a folder",
}
KINDS = (
    (stat.S_ISDIR, "is a folder; give a file inside it"),
    (stat.S_ISFIFO, "is a pipe; save what comes out of it to a file first"),
    (stat.S_ISSOCK, "is a socket, not a file"),
    (stat.S_ISCHR, "is a device, not a file"),
    (stat.S_ISBLK, "is a device, not a file"),
)
MALFORMED = (
    ValueError,
    ArithmeticError,
    LookupError,
    TypeError,
    AttributeError,
    RecursionError,
    struct.error,
)
"""What a parser may still raise on a file that no check foresaw; `naming` turns each into a BadFile."""


def shown(text: object, limit: int = 200) -> str:
    """A text from outside as one printable line: control characters escaped, cut at `limit` characters."""
    line = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(text)[: limit + 1])
    return line if len(line) <= limit else line[:limit] + "..."


@contextmanager
def naming(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turn every failure inside the block into one line that begins with the path.

    Raises
    ------
    BadFile
        For a file that is malformed or cannot be read.
    Unavailable
        When memory runs out.
    """
    name = shown(os.fspath(path))
    try:
        yield
    except BadInput as error:
        raise BadFile(f"{name}: {error}") from None
    except MemoryError:
        raise Unavailable(f"{name}: not enough memory to read it") from None
    except OSError as error:
        reason = REASONS.get(error.errno or 0) or shown(error.strerror or error)
        raise BadFile(f"{name}: cannot be read: {reason}") from None
    except MALFORMED as error:
        kind = type(error).__name__
        raise BadFile(f"{name}: malformed in an unforeseen way ({kind}); save it again") from None


@dataclass(frozen=True, eq=False)
class Bytes:
    """A regular file opened for reading at any place; nothing is read beyond its end."""

    handle: BinaryIO
    size: int

    def read(self, start: int, count: int) -> bytes:
        """Exactly `count` bytes from `start`.

        Raises
        ------
        BadFile
            When the file is shorter than that.
        """
        if start < 0 or count < 0 or start + count > self.size:
            raise BadFile("it ends too early; it is truncated or damaged: copy or save it again")
        self.handle.seek(start)
        data = self.handle.read(count)
        if len(data) != count:
            raise BadFile("it changed while it was read; try again")
        return data

    def head(self, count: int) -> bytes:
        """The first `count` bytes, or all there are."""
        return self.read(0, min(count, self.size))


def check_kind(status: os.stat_result) -> None:
    """Refuse what is not a regular file of a size that slth reads."""
    for test, sentence in KINDS:
        if test(status.st_mode):
            raise BadFile(sentence)
    if status.st_size == 0:
        raise BadFile("is empty")
    if status.st_size > MAX_FILE:
        raise BadFile(f"holds {status.st_size} bytes; slth reads at most {MAX_FILE}")


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[Bytes]:
    """Open a file without ever blocking: the kind is checked before and again on the open descriptor."""
    if "\0" in os.fspath(path):
        raise BadFile("no file name has a NUL character")
    check_kind(Path(path).stat())
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags | getattr(os, "O_CLOEXEC", 0))
    with os.fdopen(descriptor, "rb") as handle:
        status = os.fstat(handle.fileno())
        check_kind(status)
        yield Bytes(handle, status.st_size)


def read_small(path: str | os.PathLike[str], limit: int) -> bytes:
    """All bytes of a small file, for example an architecture."""
    with opened(Path(path)) as file:
        if file.size > limit:
            raise BadFile(f"holds {file.size} bytes; at most {limit} are read")
        return file.read(0, file.size)
