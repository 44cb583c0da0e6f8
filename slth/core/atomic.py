"""Writing a file so that a reader sees the old one or the new one, never a part."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import platform
import secrets
from collections.abc import Iterable
from pathlib import Path

from slth.core.errors import BadInput, Unavailable

Piece = bytes | bytearray | memoryview


def write_atomic(path: str | os.PathLike[str], pieces: Iterable[Piece]) -> None:
    """Write `pieces` one after the other as the file `path`, or leave everything as it was.

    A temporary file in the same folder, fsync, rename, fsync of the folder. A symbolic link is followed, so it stays.

    Raises
    ------
    BadInput
        When `path` names a folder, a pipe or a device.
    Unavailable
        When the folder is missing or read-only, or the disk is full; no temporary file stays behind.
    """
    try:
        target = Path(os.path.realpath(path))
        if target.exists() and not target.is_file():
            raise BadInput(f"{path}: is not a regular file; give another place to write to")
        _replace(target, pieces)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise Unavailable(f"{path}: cannot be written: {reason}; give another place or make room") from None


def _replace(target: Path, pieces: Iterable[Piece]) -> None:
    _sweep(target.parent)
    partial = target.parent / f".slth-{_host()}-{os.getpid()}-{secrets.token_hex(8)}.tmp"
    try:
        with partial.open("xb") as handle:
            for piece in pieces:
                handle.write(piece)
            handle.flush()
            os.fsync(handle.fileno())
        partial.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise
    _sync_folder(target.parent)


def _host() -> str:
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]


def _sweep(folder: Path) -> None:
    """Remove what a killed process of this machine left half written; other machines may be writing still."""
    for left in folder.glob(f".slth-{_host()}-*.tmp"):
        number = left.name.split("-")[2]
        if number.isdigit() and not _runs(int(number)):
            with contextlib.suppress(OSError):
                left.unlink()


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


def _sync_folder(folder: Path) -> None:
    """Make the rename last through a power cut, where the system can."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems cannot
            raise
    finally:
        os.close(descriptor)
