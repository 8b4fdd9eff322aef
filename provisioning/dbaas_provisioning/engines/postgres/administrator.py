"""Talking to a cluster as its administrator, and the SQL that is kept in files."""

from __future__ import annotations

import functools
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources
from typing import Any, TypeAlias

import psycopg
from psycopg import sql

from ...errors import DbaasError, Unavailable
from ...nouns import Cluster, Credential

__all__ = ["Connection", "administrator", "connect", "refused", "script"]

Connection: TypeAlias = psycopg.AsyncConnection[tuple[Any, ...]]

# Objects of a tenant must never be found under an unqualified name here, and no statement of ours may be logged.
OPTIONS = (
    "-c search_path=pg_catalog,pg_temp -c statement_timeout=120s -c lock_timeout=10s "
    "-c idle_in_transaction_session_timeout=60s -c client_min_messages=warning"
)
UNLOGGED = " -c log_statement=none -c log_min_error_statement=panic -c log_min_duration_statement=-1"  # a superuser's


async def connect(
    cluster: Cluster,
    superuser: Credential,
    database: str | None = None,
    *,
    connect_timeout: int = 10,
    plain: bool = False,
) -> Connection:
    """A connection in autocommit, for whoever closes it. Raises as psycopg does.

    Args:
        database: which one to enter; None for work on the server itself.
        plain: nothing is known yet of what the login may do.
    """
    return await psycopg.AsyncConnection.connect(
        **cluster.endpoint.parameters, dbname=database or cluster.settings.get("database", "postgres"),
        user=superuser.username, password=superuser.secret,
        options=OPTIONS + (UNLOGGED if cluster.powers.superuser and not plain else ""),
        application_name="dbaas control", require_auth="scram-sha-256", gssencmode="disable",
        connect_timeout=connect_timeout, autocommit=True,
    )  # fmt: skip


@asynccontextmanager
async def administrator(
    cluster: Cluster,
    superuser: Credential,
    database: str | None = None,
    *,
    connect_timeout: int = 10,
    plain: bool = False,
) -> AsyncIterator[Connection]:
    """A connection in autocommit, closed afterwards.

    Args:
        database, plain: see :func:`connect`.

    Raises ``Unavailable`` (``engine_unreachable``) when it cannot be made or breaks; other refusals of the engine
    become a ``DbaasError`` with its SQLSTATE.
    """
    try:
        async with await connect(
            cluster, superuser, database, connect_timeout=connect_timeout, plain=plain
        ) as connection:
            yield connection
    except psycopg.Error as error:
        raise refused(error) from None


def refused(error: psycopg.Error) -> DbaasError:
    """What the engine said, as an error of ours. A lost or impossible connection is ``Unavailable``."""
    gone = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    if gone and (error.sqlstate is None or error.sqlstate[:2] in ("08", "57", "53")):
        return Unavailable(
            "engine_unreachable",
            "The database server cannot be reached or ended the connection.",
            hint="Try again; the platform starts its own servers again by itself.",
            details=error.sqlstate or told(error),
        )
    return DbaasError(error.sqlstate or "engine_error", error.diag.message_primary or "The database server refused.")


def told(error: psycopg.Error) -> str | None:
    """What libpq says of a connection that was not made, in one line; it names no password."""
    return " ".join(str(error).split())[:500] or None


def script(name: str, **variables: str) -> sql.SQL:
    """The text of ``sql/<name>.sql`` with psql's variables filled in: ``:"x"`` as an identifier, ``:'x'`` as a literal.

    It is sent in one message, hence in one transaction.
    """

    def fill(match: re.Match[str]) -> str:
        value = variables[match["name"]]
        quoted = sql.Identifier(value) if match["quote"] == '"' else sql.Literal(value)
        return quoted.as_string()

    text = re.sub(r""":(?P<quote>["'])(?P<name>[a-z_]+)(?P=quote)""", fill, _read(name))
    return sql.SQL(text)


@functools.cache
def _read(name: str) -> str:
    return resources.files(__package__).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
