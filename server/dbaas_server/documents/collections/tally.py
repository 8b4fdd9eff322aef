"""The statements of one command, carried out one after the other, and what they came to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from dbaas_provisioning.errors import Unavailable

from ..codec import Document
from ..errors import Code, DocumentError
from .retrying import Record
from .statements import once
from .writer import partly

__all__ = ["Tally", "carry_out_all"]

_FINAL: Final = frozenset({Code.MaxTimeMSExpired, Code.TransactionTooOld, Code.Interrupted, Code.InterruptedAtShutdown})
"""Errors that are the whole command's, not one statement's."""


@dataclass(slots=True)
class Tally:
    """What became of the statements so far.

    Attributes:
        n: documents that matched, or went.
        upserted: places of statements that inserted a document, and its ``_id``.
        errors: places of those that failed, and why.
        retried: the ``stmtId`` of those that had been done before.
    """

    n: int = 0
    modified: int = 0
    upserted: list[tuple[int, Any]] = field(default_factory=list)
    errors: list[tuple[int, DocumentError]] = field(default_factory=list)
    retried: list[int] = field(default_factory=list)

    def add(self, place: int, result: Document) -> None:
        """Count what a statement answered."""
        self.n += result["n"]
        self.modified += result.get("modified", 0)
        if "upserted" in result:
            self.upserted.append((place, result["upserted"]))


async def carry_out_all(
    record: Record | None, attempts: int, acts: Iterable[Callable[[], Awaitable[Document]]], *, ordered: bool
) -> Tally:
    """Carry statements out, each once.

    Args:
        record: None for a command that is not retried.
        acts: what carries each of them out, by place.
        ordered: the first that fails is the last.

    Raises:
        DocumentError: of the whole command; what is wrong with a single statement is in the answer.
        Unavailable: the database was lost; it says so if a part was done.
    """
    tally = Tally()
    for place, act in enumerate(acts):
        try:
            result, was_done = await once(record, place, attempts, act)
        except Unavailable as error:
            raise (partly(error) if tally.n else error) from None
        except DocumentError as error:
            if error.number in _FINAL:
                raise
            tally.errors.append((place, error))
            if ordered:
                break
            continue
        tally.add(place, result)
        if was_done and record is not None:
            tally.retried.append(record.statement(place))
    return tally
