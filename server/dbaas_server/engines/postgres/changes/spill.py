"""Where a transaction waits that is not committed yet: in memory while it is small, then in a file without a name."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from tempfile import SpooledTemporaryFile

__all__ = ["Spill"]

_IN_MEMORY = 1024 * 1024
_HEAD = struct.Struct("!II")
_DEFINITIONS = frozenset(b"RY")


class Spill:
    """The messages of one transaction, in the order in which they came.

    Args:
        folder: for the file; nothing stays in it, not even after a kill.
    """

    def __init__(self, folder: Path) -> None:
        self._file: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(max_size=_IN_MEMORY, mode="w+b", dir=str(folder))  # noqa: SIM115
        self._undone: set[int] = set()

    def add(self, subxid: int, message: bytes) -> None:
        """One plain message that belongs to a (sub)transaction."""
        self._file.write(_HEAD.pack(len(message), subxid))
        self._file.write(message)

    def undo(self, subxid: int) -> None:
        """The subtransaction was rolled back. Each one within it is told by itself."""
        self._undone.add(subxid)

    def messages(self) -> Iterator[bytes]:
        """Everything but the rows of what was undone.

        Definitions stay: the server sends each once a transaction, whatever becomes of the part that it was sent in.
        """
        self._file.seek(0)
        read = self._file.read
        while head := read(_HEAD.size):
            size, subxid = _HEAD.unpack(head)
            message = read(size)
            if subxid not in self._undone or message[0] in _DEFINITIONS:
                yield message

    def close(self) -> None:
        """Give the space back."""
        self._file.close()
