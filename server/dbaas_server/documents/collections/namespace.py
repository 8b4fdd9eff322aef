"""A collection's full name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..errors import Code, DocumentError

__all__ = ["INTERNAL", "MAX_NAMESPACE_BYTES", "Namespace", "check_database_name"]

INTERNAL: Final = ""
"""The database of what the engine keeps for itself; no client can name it, and no listing has it."""

MAX_NAMESPACE_BYTES: Final = 255
_MAX_DATABASE_BYTES: Final = 63
_NOT_IN_DATABASES: Final = frozenset('/\\. "$\x00')


@dataclass(frozen=True, slots=True)
class Namespace:
    """A database's and a collection's name.

    Raises:
        DocumentError: ``InvalidNamespace``.
    """

    database: str
    collection: str

    def __post_init__(self) -> None:
        check_database_name(self.database)
        name = self.collection
        wrong = not name or "\x00" in name or "$" in name or name.startswith(".") or name.endswith(".")
        if wrong or len(str(self).encode()) > MAX_NAMESPACE_BYTES:
            raise DocumentError(Code.InvalidNamespace, f"Invalid namespace specified '{self}'")

    def __str__(self) -> str:
        return f"{self.database}.{self.collection}"

    def check_writable(self) -> None:
        """Refuse to write what is the server's own, or looks like it.

        Raises:
            DocumentError: ``InvalidNamespace``.
        """
        if self.collection.startswith("system."):
            raise DocumentError(Code.InvalidNamespace, f"cannot write to '{self}'")


def check_database_name(name: str) -> None:
    """Refuse what is no name of a MongoDB database.

    Raises:
        DocumentError: ``InvalidNamespace``.
    """
    if not name or len(name.encode()) > _MAX_DATABASE_BYTES or not _NOT_IN_DATABASES.isdisjoint(name):
        raise DocumentError(Code.InvalidNamespace, f"Invalid database name: '{name}'")
