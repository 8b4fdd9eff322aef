"""Change feeds: from an engine's log to everyone who follows a database.

1. The daemon reads each log once, whatever the number of followers; every other process follows the daemon.
2. Whoever follows sees only :class:`Feed`: a socket of this machine today, a shared stream between machines later.
3. What was committed is handed on once, in order, and kept for a while, so that who was away can catch up.
4. When that is not possible any more, it is said (:class:`Resync`), never glossed over.
5. Memory does not grow with what is committed, nor with how slowly it is followed: what waits is in files.

In the daemon ``keeper`` has a ``tap`` for each database, which reads an engine's log (:mod:`dbaas_server.changelog`)
into a ``history`` of ``segment`` files with ``records``. Followers come through ``local`` or, over the socket, through
``door`` and ``remote``. ``figures`` say how each feed is doing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from dbaas_provisioning.errors import Unavailable

from ..changes import Change
from ..nouns import Position
from .figures import FeedState, Figures

__all__ = ["Feed", "FeedState", "Feeds", "Figures", "Resync", "resync"]


class Resync(Unavailable):
    """The changes after a position are not known any more: read the tables again, then follow from now on.

    Code ``resync``; ``details`` says why (history too short, log lost, database restored).
    """


def resync(reason: str) -> Resync:
    """What a follower is told that cannot go on."""
    return Resync(
        "resync",
        "The changes after this position are not known any more.",
        hint="Read the tables again, then follow the changes from now on.",
        details=reason,
    )


class Feed(Protocol):
    """The changes of one database."""

    async def live(self) -> Position:
        """Wait until changes are being read; every change committed from now on has a later position.

        Raises ``Unavailable``.
        """
        ...

    def follow(self, after: Position | None = None) -> AsyncIterator[Sequence[Change]]:
        """Changes after a position (from now on when None), in order, in batches, without end.

        An empty batch says that nothing is missing of what ``live`` would have answered at the beginning.
        A lost connection, a restarted daemon and a restarted engine are waited out inside; nothing is left out or
        told twice.

        Raises:
            Resync: the history does not reach back to ``after``, or a part of the log was lost on the way.
        """
        ...

    async def figures(self) -> Figures:
        """How the feed is doing. Wakes no database. Raises ``NotFound``, ``Unavailable``."""
        ...


class Feeds(Protocol):
    """The feeds of a platform, in one process."""

    def of(self, tenant: str, database: str | None = None) -> Feed:
        """A database's changes; those of the tenant's default one without a name. Asks nobody yet, and is cheap.

        Following raises ``NotFound`` where there is no such database, and once it was dropped.
        """
        ...

    async def close(self) -> None:
        """Let go of everything; who follows hears ``Unavailable`` or waits for another daemon."""
        ...
