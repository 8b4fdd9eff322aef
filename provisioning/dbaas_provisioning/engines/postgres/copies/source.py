"""Databases that run elsewhere, reached with what somebody was given for them."""

from __future__ import annotations

import psycopg
from psycopg.conninfo import conninfo_to_dict

from ....copies import Contents
from ....errors import DbaasError, Forbidden, Invalid, Unavailable, Unsupported
from .dump import contents_of
from .tools import Where

__all__ = ["contents", "place"]

OLDEST = 100000  # server_version_num
# Parameters that name no file and no service of this machine.
HARMLESS = frozenset(
    {
        "host", "port", "dbname", "user", "password", "sslmode", "connect_timeout", "channel_binding",
        "application_name", "gssencmode", "target_session_attrs", "keepalives",
    }
)  # fmt: skip
ENVIRONMENT = {
    "host": "host", "port": "port", "user": "user", "sslmode": "sslmode", "channel_binding": "channelbinding",
    "gssencmode": "gssencmode",
}  # fmt: skip


def place(dsn: str, *, foreign: bool) -> Where:
    """Where a DSN leads. Raises ``Invalid`` (``invalid_dsn``); the DSN is not in the error.

    Args:
        foreign: neither files, sockets and services of this machine are used for it, nor a trust that asks for no
            password.
    """
    try:
        given = {name: str(value) for name, value in conninfo_to_dict(dsn).items() if value is not None}
    except psycopg.Error:
        raise _invalid("It is no connection string of PostgreSQL's.") from None
    if unknown := sorted(set(given) - HARMLESS):
        raise _invalid(f"It may not have {unknown[0]}.")
    if not given.get("host") or not given.get("dbname") or not given.get("user"):
        raise _invalid("It has to name a host, a database and a user.")
    if foreign and (any(host.startswith(("/", "@")) for host in given["host"].split(",")) or not given.get("password")):
        raise _invalid("It has to name a host on the network, and a password.")
    parameters = {ENVIRONMENT[name]: value for name, value in given.items() if name in ENVIRONMENT}
    parameters["connect_timeout"] = "10"
    if foreign:
        parameters["requireauth"] = "password,md5,scram-sha-256"
    return Where(given["dbname"], parameters, given.get("password", ""))


async def contents(where: Where) -> Contents:
    """What is there. Raises ``Unavailable`` (``source_unreachable``), ``Forbidden`` (``source_refused``),
    ``Unsupported`` (``source_too_old``).
    """
    names = {"requireauth": "require_auth", "channelbinding": "channel_binding"}
    try:
        connection = await psycopg.AsyncConnection.connect(
            **{names.get(name, name): value for name, value in where.parameters.items()},  # type: ignore[arg-type]
            dbname=where.dbname, password=where.password, passfile="/dev/null", autocommit=True,
            options="-c search_path=pg_catalog -c statement_timeout=60s", application_name="dbaas import",
        )  # fmt: skip
        async with connection:
            if connection.info.server_version < OLDEST:
                raise Unsupported("source_too_old", "The source is older than PostgreSQL 10.")
            return await contents_of(connection, where.parameters["user"])
    except psycopg.Error as error:
        raise _refused(error) from None


def _refused(error: psycopg.Error) -> DbaasError:
    text = str(error)
    if (error.sqlstate or "")[:2] in ("28", "42", "3D") or any(
        word in text for word in ("authentication", "password", "does not exist", "permission denied", "pg_hba.conf")
    ):
        return Forbidden(
            "source_refused", "The source's server refused the login, or the database is not there.",
            hint="Check the user, the password and the database's name.",
        )  # fmt: skip
    return Unavailable(
        "source_unreachable", "The source's server cannot be reached.", hint="Check the host, the port and sslmode."
    )


def _invalid(details: str) -> Invalid:
    return Invalid("invalid_dsn", "This connection string cannot be used.", details=details)
