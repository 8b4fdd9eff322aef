"""Between an engine and the feeds: how the one process that reads an engine's log gets what was committed.

1. Transactions come whole or not at all, in the order of their commits; a large one comes in pieces.
2. What was handed over is handed over again after a break, under the same numbers, until it was confirmed.
3. The engine keeps its log for us from the last confirmation on, within bounds. Past them the log is lost, and says so.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol, TypeAlias

from dbaas_provisioning.replication import LogAccess

from .changes import ChangedTable, ChangeKind, Values

__all__ = ["ChangeLog", "ConnectionBroken", "LogKept", "LogLost", "LogState", "OpenLog", "Piece", "Reached", "Row"]


class Row(NamedTuple):
    """One change without its place and time, which all of a transaction share. See :class:`~.changes.Change`."""

    kind: ChangeKind
    table: ChangedTable
    record: Values | None = None
    old: Values | None = None
    old_is_key: bool = False


class Piece(NamedTuple):
    """Rows of one committed transaction: all, or some of a large one's.

    Attributes:
        commit: the transaction's number in the log; grows from commit to commit, below 2**64.
        committed_at: microseconds since 1970, UTC.
        first: the first row's number within its transaction, counting from 1.
        end: where the log goes on behind the transaction; None when more of it follows.
    """

    commit: int
    committed_at: int
    first: int
    rows: Sequence[Row]
    end: int | None


class Reached(NamedTuple):
    """The log was read up to ``end``, where no transaction is open.

    Attributes:
        urgent: the engine waits for its confirmation.
    """

    end: int
    urgent: bool


@dataclass(frozen=True, slots=True)
class LogState:
    """What is known of a log before it is read.

    Attributes:
        kept_from: the engine still has everything behind this place for us; None when it keeps nothing.
        now: where the log ends. Transactions committed from now on have this number or a higher one.
        identity: which log it is. Another one where the database was made anew or went back to an earlier state in a
            way that the engine knows of: then the same numbers mean other changes.
    """

    kept_from: int | None
    now: int
    identity: str


@dataclass(frozen=True, slots=True)
class LogKept:
    """What the engine keeps for us, as it tells its operators.

    Attributes:
        name: under which it is kept.
        status: the engine's own word for whether it is safe; None when it keeps nothing.
        bytes: kept for us.
        left: bytes that may be written before it is given up; None without a bound.
        confirmed: the place from which on it is kept.
        now: where the log ends.
    """

    name: str
    status: str | None
    bytes: int | None
    left: int | None
    confirmed: int | None
    now: int


class LogLost(Exception):
    """The engine has not kept what was not read yet. Reading starts anew, with a gap."""


class ConnectionBroken(Exception):
    """The engine cannot be reached just now, or ended the connection."""


class ChangeLog(Protocol):
    """The log of one database, on a connection of its own.

    All methods raise :class:`ConnectionBroken`.
    """

    async def state(self) -> LogState:
        """What is there. Ends another reader, which can only be one that hangs."""
        ...

    async def kept(self) -> LogKept:
        """What the engine keeps, and whether that is safe. Changes nothing; possible while the log is read."""
        ...

    async def keep(self) -> int:
        """Have the engine keep the log from now on, for us; returns that place. Forgets what it kept before.

        May wait for transactions that are open now.
        """
        ...

    async def skip(self, place: int) -> None:
        """Everything before ``place`` is not wanted."""
        ...

    def read(self, after: int) -> AsyncGenerator[Sequence[Piece | Reached], None]:
        """What was committed behind ``after``, as it comes, without end. Raises :class:`LogLost`.

        What began to be told before ``after`` is not told.
        """
        ...

    def confirm(self, place: int) -> None:
        """What was read up to there is in safe hands: the engine may forget it. Does not wait."""
        ...

    def close(self) -> None:
        """Close the connection; the log is kept."""
        ...


OpenLog: TypeAlias = Callable[[LogAccess, Path], ChangeLog]
"""What an engine's package calls ``open_log``: it connects at the first use; the folder is for what has to wait."""
