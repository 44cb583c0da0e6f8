"""Fetching a published file: over the network into memory, its checksum compared, and only then kept."""

from __future__ import annotations

import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slth.core.atomic import write_atomic
from slth.core.errors import BadFile, Unavailable
from slth.datasets.files import shown

SECONDS = 60
MAX_FETCHED = 1 << 28


@dataclass(frozen=True)
class Published:
    """A file that its authors publish.

    Parameters
    ----------
    name : str
        Its name in the folder of the user.
    address : str
        Where it is.
    md5 : str
        The checksum that its authors publish. MD5 is all they give: it tells a damaged or exchanged file.
    """

    name: str
    address: str
    md5: str


def fetch(wanted: Published, folder: Path, opener: Callable[..., Any] = urllib.request.urlopen) -> Path:
    """Fetch one file into a folder, which is made where it is missing.

    Parameters
    ----------
    opener : callable
        What opens an address: (address, timeout) to a context with `read`; another one in tests.

    Raises
    ------
    Unavailable
        Without network, or where the folder can not be written.
    BadFile
        When what came has another checksum; nothing is kept then.
    """
    path = folder / wanted.name
    try:
        with opener(wanted.address, timeout=SECONDS) as answer:
            data = answer.read(MAX_FETCHED + 1)
    except (OSError, http.client.HTTPException) as error:  # URLError and timeouts are OSErrors
        if isinstance(error, urllib.error.HTTPError):
            error.close()  # it holds the connection
        reason = shown(getattr(error, "reason", None) or error or type(error).__name__)
        raise Unavailable(
            f"{wanted.address} can not be fetched: {reason}; fetch it by hand into {shown(folder)}"
        ) from None
    found = hashlib.md5(data, usedforsecurity=False).hexdigest()
    if found != wanted.md5:
        raise BadFile(f"{wanted.address} has MD5 {found}, not the published {wanted.md5}; nothing was kept, try again")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"{shown(folder)}: can not be made: {error.strerror}; give another folder") from None
    write_atomic(path, [data])
    return path
