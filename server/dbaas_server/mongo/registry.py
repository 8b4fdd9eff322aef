"""Commands by name: what each is, what it needs, and what it is called with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ..documents.codec import Document, Raw
from ..documents.collections.namespace import Namespace
from ..documents.errors import Code, DocumentError
from ..documents.requests import Retry, WriteContext
from ..documents.values.kinds import alias
from .accounts import Account
from .arguments import Fields

if TYPE_CHECKING:
    from ..documents.engine import Engine
    from .client import Client
    from .operations import Operation
    from .server import MongoServer

__all__ = ["COMMANDS", "GENERIC", "SERVERS_OWN", "Call", "Command", "Needs", "command"]

GENERIC: Final = frozenset(
    [
        "$db",
        "$audit",
        "$client",
        "$clusterTime",
        "$configServerState",
        "$oplogQueryData",
        "$queryOptions",
        "$readPreference",
        "$replData",
        "$tenant",
        "apiDeprecationErrors",
        "apiStrict",
        "apiVersion",
        "autocommit",
        "clientOperationKey",
        "comment",
        "coordinator",
        "databaseVersion",
        "expectPrefix",
        "help",
        "lsid",
        "maxTimeMS",
        "maxTimeMSOpOnly",
        "mayBypassWriteBlocking",
        "operationTime",
        "readConcern",
        "serialization_context",
        "shardVersion",
        "startTransaction",
        "stmtId",
        "stmtIds",
        "tracking_info",
        "txnNumber",
        "txnRetryCounter",
        "writeConcern",
    ]
)
"""Fields that any command may have."""


SERVERS_OWN: Final = frozenset({"admin", "local", "config"})
"""Databases that no tenant has."""


class Needs(Enum):
    """What must be so before a command runs."""

    nothing = "nothing"
    login = "login"
    database = "database"
    """A login, and a database within its reach."""

    admin = "admin"
    """A login, and the command sent to ``admin``."""


class Call:
    """One command as its function gets it.

    Attributes:
        body: the command, but for what came beside it.
        sequences: documents that came beside it, undecoded.
        seconds: of ``maxTimeMS``; None: without an end.
        deadline: the same in ``time.monotonic()`` seconds.
        session: key of the logical session, if there is one.
        retry: by which numbers this write is known when it comes again.
    """

    __slots__ = (
        "body",
        "client",
        "command",
        "database",
        "deadline",
        "name",
        "operation",
        "retry",
        "seconds",
        "sequences",
        "server",
        "session",
    )

    def __init__(
        self,
        server: MongoServer,
        client: Client,
        command: Command,
        body: Document,
        sequences: Mapping[str, Sequence[Raw]],
        operation: Operation,
    ) -> None:
        self.server = server
        self.client = client
        self.command = command
        self.name = operation.name
        self.database = operation.database
        self.body = body
        self.sequences = sequences
        self.operation = operation
        self.seconds: float | None = None
        self.deadline: float | None = None
        self.session: bytes | None = None
        self.retry: Retry | None = None

    @property
    def fields(self) -> Fields:
        """The command's fields, to be taken with their types."""
        return Fields(self.command.name, self.body)

    @property
    def account(self) -> Account:
        """Who asks; only for commands that need a login."""
        assert self.client.account is not None
        return self.client.account

    def namespace(self) -> Namespace:
        """The collection that the command names first.

        Raises:
            DocumentError: ``InvalidNamespace``.
        """
        return self.namespace_of(self.body[self.name])

    def namespace_of(self, collection: Any) -> Namespace:
        """A collection of the command's database. Raises as :meth:`namespace`."""
        if type(collection) is not str:
            raise DocumentError(Code.InvalidNamespace, f"collection name has invalid type {alias(collection)}")
        return _namespace(self.database, collection)

    async def engine(self, database: str | None = None, *, create: bool = False, adds: bool = False) -> Engine:
        """The engine of the database; where that is not there, and is not made, one in which there is nothing.

        Args:
            adds: the command may make the database take more.

        Raises:
            DocumentError: ``Unauthorized``; ``OutOfDiskSpace`` for what adds where the tenant has no room left.
        """
        found = await self.server.engine_for(self.account, database or self.database, create=create)
        self.operation.engine = found
        if adds and found.storage_full:
            raise DocumentError(
                Code.OutOfDiskSpace,
                "The storage of this tenant is full. Delete documents or drop collections; it opens again by itself.",
            )
        return found

    def context(self, *, bypass_validation: bool = False) -> WriteContext:
        """What a write is done under."""
        return WriteContext(self.retry, bypass_validation, self.deadline)


Answer: TypeAlias = Document | Raw
"""A command's answer without its ``ok``; or all of it as bytes."""

Handler: TypeAlias = Callable[[Call], Awaitable[Answer]]


class Command:
    """A command.

    Attributes:
        name: the first of its names.
        fields: that it knows; None: it does not mind others.
        writes: it goes on when its client has gone, and has a write concern.
        retries: a transaction number makes it a retryable write.
        stable: it is part of the stable API, version 1.
    """

    __slots__ = ("fields", "handler", "name", "needs", "retries", "stable", "writes")

    def __init__(
        self,
        names: Sequence[str],
        handler: Handler,
        needs: Needs,
        fields: frozenset[str] | None,
        *,
        writes: bool,
        retries: bool,
        stable: bool,
    ) -> None:
        self.name = names[0]
        self.handler = handler
        self.needs = needs
        self.fields = None if fields is None else fields | GENERIC | set(names)
        self.writes = writes
        self.retries = retries
        self.stable = stable


COMMANDS: Final[dict[str, Command]] = {}
"""Every command by each of its names."""


def command(
    names: str,
    fields: str | None = "",
    *,
    needs: Needs = Needs.database,
    writes: bool = False,
    retries: bool = False,
    stable: bool = False,
) -> Callable[[Handler], Handler]:
    """Register a function as a command.

    Args:
        names: one or several, between spaces.
        fields: its own, between spaces; None: any will do.
        needs: see :class:`Needs`.
        writes: see :class:`Command`, as for the others.
    """

    def register(handler: Handler) -> Handler:
        own = None if fields is None else frozenset(fields.split())
        made = Command(names.split(), handler, needs, own, writes=writes or retries, retries=retries, stable=stable)
        for name in names.split():
            assert name not in COMMANDS, f"two commands are called {name}"
            COMMANDS[name] = made
        return handler

    return register


_namespace = lru_cache(maxsize=4096)(Namespace)
