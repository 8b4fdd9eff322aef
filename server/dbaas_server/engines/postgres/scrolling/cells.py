"""PostgreSQL's text output to cells: numbers that every client can hold, and texts of bounded length."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from psycopg.postgres import types as builtin

from ....nouns import Cell, LongText

__all__ = ["GIVE_WAY_CELLS", "HEAD_CHARACTERS", "SHORT", "WHOLE_CHARACTERS", "Cells"]

GIVE_WAY_CELLS = 5_000
"""After so many others have their turn."""

WHOLE_CHARACTERS = 10_000
"""A text of more characters is cut."""
HEAD_CHARACTERS = 1_000
"""What is left of it."""

_SAFE_INTEGER = 2**53
# How long texts may be on a page that has so many bytes already: a page of a thousand long rows has its bounds as well.
_TIGHTER = ((4 * 1024 * 1024, 1_000), (16 * 1024 * 1024, 100))


def _bool(value: bytes) -> Cell:
    return value == b"t"


def _integer(value: bytes) -> Cell:
    number = int(value)
    return number if -_SAFE_INTEGER <= number <= _SAFE_INTEGER else value.decode()


def _float(value: bytes) -> Cell:
    number = float(value)
    return number if math.isfinite(number) else value.decode()


_DECODERS: dict[int, Callable[[bytes], Cell]] = {
    builtin["bool"].oid: _bool,
    **{builtin[name].oid: _integer for name in ("int2", "int4", "int8", "oid")},
    **{builtin[name].oid: _float for name in ("float4", "float8")},
}
SHORT = frozenset(_DECODERS) | {
    builtin[name].oid for name in ("numeric", "uuid", "date", "time", "timetz", "timestamp", "timestamptz", "interval")
}
"""Types whose values are never long."""


class Cells:
    """Makes the cells of one page.

    Args:
        kinds: the columns' types.
        lengths: where a row has the length of a column that was cut already.

    Attributes:
        size: bytes of the texts that were made.
    """

    def __init__(self, kinds: Sequence[int], lengths: dict[int, int] | None = None) -> None:
        self._decoders = [(_DECODERS.get(kind), (lengths or {}).get(place)) for place, kind in enumerate(kinds)]
        self.size = 0
        self._longest = WHOLE_CHARACTERS

    def row(self, values: Sequence[bytes | None]) -> tuple[Cell, ...]:
        """One row's."""
        cells: list[Cell] = []
        for (decode, length), value in zip(self._decoders, values, strict=False):
            if value is None:
                cells.append(None)
            elif decode is not None:
                cells.append(decode(value))
            else:
                told = values[length] if length is not None else None
                cells.append(self._text(value, None if told is None else int(told)))
        for size, longest in _TIGHTER:
            if self.size > size:
                self._longest = longest
        return tuple(cells)

    def _text(self, value: bytes, length: int | None) -> Cell:
        text = value.decode("utf-8", "replace")
        if length is None and len(text) > self._longest:
            length = len(text)
        if length is None:
            self.size += len(value)
            return text
        head = text[: min(HEAD_CHARACTERS, self._longest)]
        self.size += len(head)
        return LongText(head, length)
