"""What every format's encoder is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from ....nouns import ExtractForm, QueryColumn

__all__ = ["Encoder", "Sheet"]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is exported.

    Attributes:
        names: the columns' names, none of them twice.
        table: into which INSERT statements go.
    """

    columns: tuple[QueryColumn, ...]
    names: tuple[str, ...]
    table: str = "result"


class Encoder(ABC):
    """Makes one file. Used by one task, each call in some thread.

    Attributes:
        form: of the rows that it is fed.
        light: it does so little that no thread is needed.
        together: bytes of rows that it is fed at once, but for the last ones.
    """

    content_type: ClassVar[str]
    suffix: ClassVar[str]
    form: ClassVar[ExtractForm] = ExtractForm.csv
    light: ClassVar[bool] = False
    together: ClassVar[int] = 1024 * 1024

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet

    def begin(self) -> bytes:
        """What stands before the rows."""
        return b""

    @abstractmethod
    def rows(self, chunk: bytes) -> bytes:
        """What some whole rows become, as far as it is there already.

        Raises:
            Invalid: the format cannot hold a value.
        """

    def end(self) -> Iterator[bytes]:
        """What stands behind the rows."""
        return iter(())

    def close(self) -> None:  # noqa: B027  most leave nothing
        """Remove what is left on disk. Safe to repeat."""
