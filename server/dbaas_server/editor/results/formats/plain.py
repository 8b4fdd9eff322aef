"""Formats that the engine renders itself: CSV and JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ....nouns import ExtractForm
from .encoder import Encoder

__all__ = ["Csv", "Json", "NdJson"]

_BARE = re.compile(r"[^\s\",][^\",\r\n]*")


class Csv(Encoder):
    """RFC 4180, with the engine's own line ends. A null is empty, an empty text is ``""``."""

    content_type = "text/csv; charset=utf-8"
    suffix = "csv"
    light = True
    together = 0

    def begin(self) -> bytes:
        """The header line."""
        return (",".join(_field(column.name) for column in self.sheet.columns) + "\n").encode()

    def rows(self, chunk: bytes) -> bytes:
        """The rows as they are."""
        return chunk


class NdJson(Encoder):
    """One object a line."""

    content_type = "application/x-ndjson"
    suffix = "ndjson"
    form = ExtractForm.json
    light = True
    together = 0

    def rows(self, chunk: bytes) -> bytes:
        """The rows as they are."""
        return chunk


class Json(Encoder):
    """One array of objects."""

    content_type = "application/json"
    suffix = "json"
    form = ExtractForm.json
    light = True
    together = 0
    _mark = b"[\n"

    def rows(self, chunk: bytes) -> bytes:
        """The rows with commas between them: an object's text has no line break."""
        mark, self._mark = self._mark, b",\n"
        return mark + chunk[:-1].replace(b"\n", b",\n")

    def end(self) -> Iterator[bytes]:
        """The end of the array."""
        yield b"[]\n" if self._mark == b"[\n" else b"\n]\n"


def _field(name: str) -> str:
    if _BARE.fullmatch(name):
        return name
    return '"' + name.replace('"', '""') + '"'
