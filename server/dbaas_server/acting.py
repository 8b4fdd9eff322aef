"""What members do with data, as doors note it for the audit log."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from types import TracebackType
from typing import Protocol

from dbaas_provisioning.errors import DbaasError
from dbaas_provisioning.platform import DataAct, Platform, Statement

from .nouns import Caller, TableRef
from .sessions import Sessions

__all__ = ["Acting", "Open", "Statement", "table_name"]


class Open(Protocol):
    """What it takes of the services, which a command has as well."""

    @property
    def platform(self) -> Platform:
        """Keeps the notes."""
        ...

    @property
    def sessions(self) -> Sessions:
        """Know which database is the default one."""
        ...


class Acting:
    """``with Acting(…) as act:`` around what is done; how it ended is noted, and nothing of that fails what was done.

    Who comes with an API key or with a token of a tenant's application is no member: of them nothing is noted.

    Args:
        tenant: its subdomain.
        database: None for the default one.
        action: ``query``, ``export``, ``load``, ``insert``, ``update``, ``upsert``, ``delete``, ``call`` or ``mutate``.
        told: names and no values, for the entry's details.

    Attributes:
        rows: that it gave or changed, where that is known.
        outcome: of what ended without raising.
        statement: that is run; it may be told of later, when it is known in which language it is.
    """

    def __init__(
        self,
        services: Open,
        caller: Caller,
        tenant: str,
        database: str | None,
        action: str,
        statement: Statement | None = None,
        **told: str,
    ) -> None:
        self._services = services
        self._caller = caller
        self._tenant = tenant
        self._database = database
        self._action = action
        self.statement = statement
        self._told = told
        self._started = 0.0
        self.rows: int | None = None
        self.outcome = "ok"

    def __enter__(self) -> Acting:
        self._started = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not self._caller.member:
            return
        if error is not None:
            self.outcome = _outcome(error)
        told = {
            **self._told,
            "role": self._caller.role,
            "ms": f"{(time.monotonic() - self._started) * 1000:.1f}",
        }
        if self.rows is not None and self.outcome == "ok":
            told["rows"] = str(self.rows)
        act = DataAct(
            datetime.now(UTC),
            self._caller.actor,
            self._action,
            self._tenant,
            self._database or self._default(),
            self.outcome,
            told,
        )
        self._services.platform.acts.note(act, self.statement)

    def _default(self) -> str | None:
        known = self._services.sessions.known_now(self._tenant)
        return known.tenant.default_database if known is not None else None


def table_name(table: TableRef) -> str:
    """A table as entries have it."""
    return table.name if table.schema is None else f"{table.schema}.{table.name}"


def _outcome(error: BaseException) -> str:
    if isinstance(error, DbaasError):
        return error.code
    return "cancelled" if isinstance(error, asyncio.CancelledError | GeneratorExit) else "internal_error"
