"""Errors of a statement, with the place that an editor can mark."""

from __future__ import annotations

from functools import partial
from typing import Any

from ...engine import QueryError
from ...long_texts import looked_at
from ..positions import Positions
from ..sql.lexer import tokens
from .asked import Asked

__all__ = ["marked"]


class Marked(QueryError):
    """The engine's refusal, as the editor shows it: ``position`` is in the text as it was sent, in UTF-16 units."""

    def as_dict(self) -> dict[str, Any]:
        """The body of the answer."""
        return {**super().as_dict(), "position": self.position}


async def marked(error: QueryError, asked: Asked) -> QueryError:
    """The same error with its position, where the engine gave one."""
    found = Marked(error.code, error.message, hint=error.hint, details=error.details)
    if error.position is not None:
        found.position = await looked_at(partial(_position, asked.question.text, error.position), asked.text)
    return found


def _position(ran: str, position: int, text: str) -> int:
    inner = position if ran == text else _typed(text, position)
    return Positions(text).outer(min(inner, len(text)))


def _typed(text: str, position: int) -> int:
    """A place in the statement with ``$n``, in the text with ``:name``."""
    numbers: dict[str, int] = {}
    at = 0
    for token in tokens(text):
        width = len(token.text)
        if token.kind == "param":
            width = len(f"${numbers.setdefault(token.text, len(numbers) + 1)}")
        if at + width > position:
            return token.start + min(position - at, len(token.text) - 1)
        at += width
    return len(text)
