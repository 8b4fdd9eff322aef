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
    "-c idle_in_transaction_session_timeout=60s -c log_statement=none -c log_min_error_statement=panic "
    "-c log_min_duration_statement=-1 -c client_min_messages=warning"
)


async def connect(
    cluster: Cluster, superuser: Credential, database: str = "postgres", *, connect_timeout: int = 10
) -> Connection:
    """A connection in autocommit, for whoever closes it. Raises as psycopg does."""
    return await psycopg.AsyncConnection.connect(
        host=cluster.endpoint.host, port=cluster.endpoint.port, dbname=database, user=superuser.username,
        password=superuser.secret, options=OPTIONS, application_name="dbaas control", require_auth="scram-sha-256",
        connect_timeout=connect_timeout, autocommit=True,
    )  # fmt: skip


@asynccontextmanager
async def administrator(
    cluster: Cluster, superuser: Credential, database: str = "postgres", *, connect_timeout: int = 10
) -> AsyncIterator[Connection]:
    """A connection in autocommit, closed afterwards.

    Raises ``Unavailable`` (``engine_unreachable``) when it cannot be made or breaks; other refusals of the engine
    become a ``DbaasError`` with its SQLSTATE.
    """
    try:
        async with await connect(cluster, superuser, database, connect_timeout=connect_timeout) as connection:
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
            hint="Try again; the platform starts it again by itself.",
            details=error.sqlstate,
        )
    return DbaasError(error.sqlstate or "engine_error", error.diag.message_primary or "The database server refused.")


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
