"""What goes wrong, as one readable line in a notebook."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["ConnectionLost", "DbaasError", "UsageError", "did_you_mean", "from_response"]


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


def from_response(status: int, body: Any) -> DbaasError:
    """The error that a server's answer means, whatever its body looks like."""
    if isinstance(body, Mapping) and isinstance(body.get("message"), str):
        return DbaasError(
            body["message"],
            code=str(body.get("code") or status),
            hint=body["hint"] if isinstance(body.get("hint"), str) else None,
            details=body["details"] if isinstance(body.get("details"), str) else None,
            status=status,
        )
    return DbaasError(f"The server answered with status {status}.", code=str(status), status=status)


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A hint naming the nearest of the ``known`` words, or None."""
    matches = difflib.get_close_matches(word, sorted(set(known)), n=1, cutoff=0.55)
    return f"Did you mean {matches[0]}?" if matches else None
