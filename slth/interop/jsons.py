"""JSON from outside: no duplicate keys, no floats, no NaN, bounded size and depth."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from slth.core.errors import BadFile
from slth.interop.files import shown
from slth.interop.limits import MAX_HEADER

MAX_BRACKETS = 200_000
MAX_KEYS = 50_000


def parse_json(text: bytes | str, what: str) -> Any:
    """The value of a JSON text that holds only objects, arrays, texts, integers, true, false and null.

    Parameters
    ----------
    what : str
        What the text is, for messages: "its header", "slth.arch".

    Raises
    ------
    BadFile
        For anything else, for duplicate keys, and above 8 MB, 200,000 brackets or 50,000 keys in one object.
    """
    if len(text) > MAX_HEADER:
        raise BadFile(f"{what} is larger than {MAX_HEADER} bytes")
    try:
        line = text.decode("utf-8") if isinstance(text, bytes) else text
    except UnicodeDecodeError:
        raise BadFile(f"{what} is not UTF-8 text") from None
    if line.count("[") + line.count("{") > MAX_BRACKETS:
        raise BadFile(f"{what} has more than {MAX_BRACKETS} brackets")

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(items) > MAX_KEYS:
            raise BadFile(f"{what} has an object of {len(items)} keys; at most {MAX_KEYS} are read")
        found = dict(items)
        if len(found) != len(items):
            twice = Counter(key for key, _ in items).most_common(1)[0][0]
            raise BadFile(f"{what} has the key {shown(twice, 60)} twice")
        return found

    def no_float(number: str) -> Any:
        raise BadFile(f"{what} has the number {shown(number, 40)}, not an integer")

    try:
        return json.loads(line, object_pairs_hook=pairs, parse_float=no_float, parse_constant=no_float)
    except BadFile:
        raise
    except (ValueError, RecursionError):
        raise BadFile(f"{what} is not valid JSON") from None
