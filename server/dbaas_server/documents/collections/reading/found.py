"""Documents on their way: bytes, looked into when somebody has to."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import TypeAlias

from ...codec import Document, decode_all
from ...store import Entry

__all__ = ["Found", "Founds"]


class Found:
    """A batch of documents.

    Args:
        entries: as the store has them.
        documents: the same, decoded, where they are already.
    """

    __slots__ = ("_documents", "entries")

    def __init__(self, entries: Sequence[Entry], documents: list[Document] | None = None) -> None:
        self.entries = entries
        self._documents = documents

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def documents(self) -> list[Document]:
        """Their values."""
        if self._documents is None:
            self._documents = decode_all([entry.value for entry in self.entries])
        return self._documents

    def part(self, start: int, end: int | None = None) -> Found:
        """Some of them."""
        return Found(self.entries[start:end], None if self._documents is None else self._documents[start:end])


Founds: TypeAlias = AsyncGenerator[Found, None]
