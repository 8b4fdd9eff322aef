"""Where a server is, from what people write down as its connection string."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from ...engine import Address
from ...errors import Invalid
from ...nouns import Credential, Endpoint

__all__ = ["parse"]

TAKEN = frozenset({"host", "port", "user", "password", "dbname", "sslmode", "sslrootcert"})
MODES = frozenset({"disable", "allow", "prefer", "require", "verify-ca", "verify-full"})
SYSTEM = "system"


def parse(text: str) -> Address:
    """A URL or ``name=value`` words as libpq takes them. Pure. Nothing of it is in an error: it holds a password.

    Raises ``Invalid`` (``invalid_dsn``).
    """
    try:
        found: dict[str, Any] = conninfo_to_dict(text)
    except psycopg.Error:
        raise refused("This is no connection string of PostgreSQL's.") from None
    if more := sorted(set(found) - TAKEN):
        raise refused(f"The connection string says {more[0]!r}, which is not taken over.")
    if missing := sorted({"host", "user", "password"} - {name for name, value in found.items() if value}):
        raise refused(f"The connection string says no {missing[0]}.")
    host, port = str(found["host"]), str(found.get("port") or 5432)
    if "," in host or host.startswith(("/", "@")):
        raise refused("The connection string has to name one host to be reached over TCP.")
    if not port.isascii() or not port.isdecimal() or not 0 < int(port) < 65536:
        raise refused("The connection string's port is no number from 1 to 65535.")
    mode, authority = str(found.get("sslmode") or ""), str(found.get("sslrootcert") or "")
    if mode and mode not in MODES:
        raise refused("The connection string's sslmode is none of PostgreSQL's.")
    if authority not in ("", SYSTEM):
        raise refused("The connection string names a file of certificates.", "Give the certificates themselves: --ca.")
    if authority and mode not in ("", "verify-full"):
        raise refused("With sslrootcert=system the sslmode is verify-full.")
    return Address(
        Endpoint(host, int(port), mode, authority),
        Credential(str(found["user"]), str(found["password"])),
        str(found.get("dbname") or "postgres"),
    )


def refused(
    message: str, hint: str = "Write postgresql://user:password@host:5432/postgres?sslmode=verify-full."
) -> Invalid:
    return Invalid("invalid_dsn", message, hint=hint)
