"""Files for what memory has no room for; they have no name in any folder, so that a crash leaves nothing of them."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bson

from ..codec import CODEC, Document, decode

__all__ = ["SpillFile"]


class SpillFile:
    """Documents written once, then read once from the start.

    Args:
        folder: on whose disk; None: the system's folder for such files.
    """

    def __init__(self, folder: Path | None) -> None:
        self._file: Any = tempfile.TemporaryFile(dir=folder, buffering=256 * 1024)  # noqa: SIM115  # closed by its owner

    def write(self, document: Document) -> None:
        """Append a document, which may be larger than a client's."""
        self._file.write(bson.encode(document, codec_options=CODEC))

    def read(self) -> Iterator[Document]:
        """The documents, in the order in which they were written."""
        self._file.flush()
        self._file.seek(0)
        while head := self._file.read(4):
            (size,) = struct.unpack("<i", head)
            yield decode(head + self._file.read(size - 4))

    def close(self) -> None:
        """The file goes."""
        self._file.close()
