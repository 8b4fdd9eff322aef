"""Errors carry a stable code here; each door maps codes to its own status."""

from __future__ import annotations

__all__ = ["Conflict", "DbaasError", "Forbidden", "Invalid", "NotFound", "Unauthorized", "Unavailable", "Unsupported"]


class DbaasError(Exception):
    """What a person is told when something cannot be done.

    Args:
        code: stable, lower-case, snake_case (or an SQLSTATE where the engine refused); part of the API.
        message: one sentence saying what is wrong.
        hint: one sentence saying what to do about it, if there is something.
        details: more about this occurrence; never a secret, never a stack trace.
    """

    def __init__(self, code: str, message: str, *, hint: str | None = None, details: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.details = details

    def as_dict(self) -> dict[str, str | None]:
        """The body every door sends: ``{code, message, details, hint}``."""
        return {"code": self.code, "message": self.message, "details": self.details, "hint": self.hint}


class Invalid(DbaasError):
    """The request itself is wrong; sending it again will not help."""


class NotFound(DbaasError):
    """What was named does not exist (or this caller may not know that it does)."""


class Conflict(DbaasError):
    """What was asked for clashes with what exists."""


class Unauthorized(DbaasError):
    """Nobody valid is asking: no key, a wrong key, an expired token."""


class Forbidden(DbaasError):
    """Somebody valid is asking for what they may not have."""


class Unavailable(DbaasError):
    """It cannot be done now; trying again later may work. Nothing was changed."""


class Unsupported(DbaasError):
    """Not offered by this engine, server or build."""
