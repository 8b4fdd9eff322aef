"""From PostgreSQL's errors to ours."""

from __future__ import annotations

from psycopg.pq import DiagnosticField
from psycopg.pq.abc import PGresult

from dbaas_provisioning.errors import DbaasError, Unavailable

from ...engine import QueryError

__all__ = ["ConnectionLost", "error_of", "sqlstate_of", "text_of"]

# Classes of SQLSTATE in which the server is going away or has no room: nothing is wrong with the request.
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_UNAVAILABLE = {"57P01", "57P02", "57P03", "53300", "57P05"}

_HINTS = {
    "57014": "The statement ran into its time limit. Ask for less, or add an index for the filter or order.",
    "25006": "This request may only read. Use POST for a function that writes.",
}


class ConnectionLost(Exception):
    """The connection broke while a request was under way. Stays inside this package.

    Args:
        reason: the driver's words, for the log.
        sent: part of the request may have reached the server.
    """

    def __init__(self, reason: str, *, sent: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason.strip()
        self.sent = sent


def text_of(result: PGresult, field: DiagnosticField) -> str | None:
    """One field of an error or notice, as text."""
    value = result.error_field(field)
    return None if value is None else bytes(value).decode("utf-8", "replace")


def sqlstate_of(result: PGresult) -> str:
    """The SQLSTATE of a failed result; ``XX000`` where the driver gave none."""
    return text_of(result, DiagnosticField.SQLSTATE) or "XX000"


def error_of(result: PGresult, *, context: bool = False) -> DbaasError:
    """What a failed result says, in the server's own words.

    Args:
        context: say where it happened: the line of a COPY, the place in a person's own statement.
    """
    code = sqlstate_of(result)
    message = (
        text_of(result, DiagnosticField.MESSAGE_PRIMARY)
        or bytes(result.error_message).decode("utf-8", "replace").strip()
    )
    details = text_of(result, DiagnosticField.MESSAGE_DETAIL)
    if context:
        where = text_of(result, DiagnosticField.CONTEXT)
        details = "\n".join(part for part in (details, where) if part) or None
    hint = text_of(result, DiagnosticField.MESSAGE_HINT) or _HINTS.get(code)
    if code in _UNAVAILABLE or code.startswith("08"):
        return Unavailable(
            "database_unavailable", "The database is not reachable just now.", hint="Try again in a moment."
        )
    position = text_of(result, DiagnosticField.STATEMENT_POSITION)
    if position is not None and context:
        details = "\n".join(part for part in (details, f"at character {position}") if part)
    error = QueryError(code, message, details=details, hint=hint)
    if position is not None and context:
        error.position = int(position) - 1
    return error
