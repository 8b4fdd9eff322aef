"""Documents that a command carries in an array of its own, taken out of its bytes without being decoded.

Some drivers send what is to be inserted in a section beside the command, others within it; from here on it is the same.
Layout of BSON: https://bsonspec.org/spec.html.
"""

from __future__ import annotations

import struct
from typing import Final

from ..documents.codec import Raw

__all__ = ["INSERT", "lift"]

INSERT: Final = b"\x02insert\x00"
"""The first element of the one command that is worth it."""

_NAME: Final = b"documents"
_ARRAY, _DOCUMENT = 4, 3
_LENGTH: Final = struct.Struct("<i")
_FIXED: Final = {1: 8, 6: 0, 7: 12, 8: 1, 9: 8, 10: 0, 16: 4, 17: 8, 18: 8, 19: 16, 127: 0, 255: 0}
_TEXT: Final = frozenset({2, 13, 14})
_WHOLE: Final = frozenset({3, 4, 15})
_BINARY: Final = 5


def lift(command: Raw) -> tuple[Raw, list[Raw]] | None:
    """A command without its ``documents``, and those; None where they are not plain, and decoding will tell why."""
    try:
        place, end = 4, len(command) - 1
        while place < end:
            start, kind = place, command[place]
            stop = command.index(0, place + 1)
            name, place = command[place + 1 : stop], stop + 1
            following = place + _size(command, kind, place)
            if following > end:
                return None
            if name == _NAME and kind == _ARRAY:
                rest = command[4:start] + command[following:]
                return _LENGTH.pack(len(rest) + 4) + rest, _documents(command, place + 4, following - 1)
            place = following
    except (KeyError, ValueError, IndexError, struct.error):
        return None
    return None


def _size(raw: Raw, kind: int, place: int) -> int:
    """Bytes of a value. Raises ``KeyError`` for a kind that no command's field has."""
    if kind in _FIXED:
        return _FIXED[kind]
    (length,) = _LENGTH.unpack_from(raw, place)
    if length < 0:
        raise ValueError
    if kind in _TEXT:
        return int(length) + 4
    if kind in _WHOLE:
        return int(length)
    if kind == _BINARY:
        return int(length) + 5
    raise KeyError(kind)


def _documents(raw: Raw, place: int, end: int) -> list[Raw]:
    """An array's elements, every one a document."""
    found = []
    while place < end:
        if raw[place] != _DOCUMENT:
            raise ValueError
        place = raw.index(0, place + 1, end) + 1
        (length,) = _LENGTH.unpack_from(raw, place)
        if length < 5 or place + length > end:
            raise ValueError
        found.append(raw[place : place + length])
        place += length
    return found
