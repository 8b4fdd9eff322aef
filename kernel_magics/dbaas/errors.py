"""What goes wrong, as one readable line in a notebook."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

__all__ = [
    "ConnectionLost", "DbaasError", "GraphQLError", "UsageError", "did_you_mean", "error_of", "from_graphql",
    "from_response",
]  # fmt: skip


class DbaasError(Exception):
    """Something could not be done.

    Args:
        message: one sentence saying what is wrong.
        code: stable, snake_case (or an SQLSTATE where the engine refused).
        hint: one sentence saying what to do about it.
        details: more about this occurrence.
        status: the HTTP status, when a server answered.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "error",
        hint: str | None = None,
        details: str | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.hint = hint
        self.details = details
        self.status = status

    def __str__(self) -> str:
        parts = [self.message]
        if self.details:
            parts.append(f"({self.details})")
        if self.hint:
            parts.append(f"→ {self.hint}")
        return " ".join(" ".join(part.split()) for part in parts)

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback."""
        return [f"{self}  [{self.code}]"]


class UsageError(DbaasError):
    """A command was written wrongly; nothing was sent."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, code="usage", hint=hint)


class ConnectionLost(DbaasError):
    """The server could not be reached, or went away before it answered.

    ``sent`` says whether the request may have arrived, so that a write's outcome is unknown.
    """

    def __init__(self, message: str, *, sent: bool, hint: str | None = None) -> None:
        super().__init__(message, code="outcome_unknown" if sent else "unreachable", hint=hint)
        self.sent = sent


class GraphQLError(DbaasError):
    """A document was refused, or could not be carried out.

    Attributes:
        errors: all of them, as the server sent them.
    """

    def __init__(self, errors: Sequence[Mapping[str, Any]], first_line: int = 1) -> None:
        told = errors[0]
        extensions = told.get("extensions")
        extensions = extensions if isinstance(extensions, Mapping) else {}
        place = [_place(each, first_line) for each in told.get("locations") or () if isinstance(each, Mapping)]
        path = ".".join(str(step) for step in told.get("path") or ())
        more = [f"and {len(errors) - 1} more"] if len(errors) > 1 else []
        hint, details = extensions.get("hint"), extensions.get("details")
        about = [*place[:1], *([f"in {path}"] if path else []), *([details] if isinstance(details, str) else []), *more]
        super().__init__(
            str(told.get("message") or "The document was refused."),
            code=str(extensions.get("code") or "graphql_error"),
            hint=hint if isinstance(hint, str) else None,
            details=", ".join(about) or None,
        )
        self.errors = list(errors)


def from_graphql(errors: Any, first_line: int = 1) -> DbaasError:
    """The error that the ``errors`` of a GraphQL answer mean.

    Args:
        errors: as the answer has them.
        first_line: the number of the document's first line, for whoever reads it in something larger.
    """
    found = [each for each in errors if isinstance(each, Mapping)] if isinstance(errors, list) else []
    return GraphQLError(found or [{"message": "The document was refused."}], first_line)


def _place(location: Mapping[str, Any], first_line: int) -> str:
    line, column = location.get("line"), location.get("column")
    return f"line {line + first_line - 1 if isinstance(line, int) else line}, column {column}"


def from_response(status: int, body: Any) -> DbaasError:
    """The error that a server's answer means, whatever its body looks like."""
    if isinstance(body, Mapping) and isinstance(body.get("errors"), list):
        error = from_graphql(body["errors"])
        error.status = status
        return error
    if isinstance(body, Mapping) and isinstance(body.get("message"), str):
        return error_of(body, status)
    return DbaasError(f"The server answered with status {status}.", code=str(status), status=status)


def error_of(body: Mapping[str, Any], status: int | None = None) -> DbaasError:
    """The error that the server describes; without a ``status`` in an answer that had begun already."""
    return DbaasError(
        str(body["message"]),
        code=str(body.get("code") or status),
        hint=body["hint"] if isinstance(body.get("hint"), str) else None,
        details=body["details"] if isinstance(body.get("details"), str) else None,
        status=status,
    )


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A hint naming the nearest of the ``known`` words, or None."""
    matches = difflib.get_close_matches(word, sorted(set(known)), n=1, cutoff=0.55)
    return f"Did you mean {matches[0]}?" if matches else None
