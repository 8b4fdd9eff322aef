"""Commands under way: what ``currentOp`` shows and ``killOp`` ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, Final

from ..documents.codec import Document
from ..documents.errors import Code, DocumentError

if TYPE_CHECKING:
    from ..documents.engine import Engine
    from .client import Client

__all__ = ["Operation", "Operations"]

_MAX_ID: Final = 0x7FFFFFFF


class Operation:
    """One command at work.

    Attributes:
        id: ``opid``.
        began: ``time.monotonic()`` seconds.
        engine: that it works on, once it is known.
        session: the logical session's key, if it belongs to one.
        ended: why somebody asked for its end, which is what it is answered with; None: nobody has.
    """

    __slots__ = ("_task", "began", "body", "client", "database", "ended", "engine", "id", "name", "session")

    def __init__(self, id: int, client: Client, name: str, database: str, body: Document) -> None:
        self.id = id
        self.client = client
        self.name = name
        self.database = database
        self.body = body
        self.began = time.monotonic()
        self.engine: Engine | None = None
        self.session: bytes | None = None
        self.ended: DocumentError | None = None
        self._task = asyncio.current_task()

    @property
    def namespace(self) -> str:
        """What it works on: a collection, or a database."""
        subject = self.body.get(self.name)
        collection = self.body.get("collection") if self.name == "getMore" else subject
        return f"{self.database}.{collection}" if isinstance(collection, str) else self.database

    def kill(self, why: DocumentError | None = None) -> None:
        """End it where it waits next. Who asks is never ended by it: a command cannot wait for itself."""
        if self._task is not None and self._task is not asyncio.current_task() and self.ended is None:
            self.ended = why or DocumentError(Code.Interrupted, "operation was interrupted")
            self._task.cancel()


class Operations:
    """All of a listener's."""

    def __init__(self) -> None:
        self._ids = count(1)
        self._running: dict[int, Operation] = {}

    def begin(self, client: Client, name: str, database: str, body: Document) -> Operation:
        """A command begins."""
        operation = Operation(next(self._ids) & _MAX_ID, client, name, database, body)
        self._running[operation.id] = operation
        return operation

    def end(self, operation: Operation) -> None:
        """It is over."""
        self._running.pop(operation.id, None)

    def all(self) -> list[Operation]:
        """Everybody's."""
        return list(self._running.values())

    def of(self, tenant: str) -> Iterator[Operation]:
        """Those of one tenant's people."""
        for operation in self.all():
            account = operation.client.account
            if account is not None and account.tenant == tenant:
                yield operation
