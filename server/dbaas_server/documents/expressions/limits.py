"""What one document may cost: how large a value may grow, how often a loop may turn.

Values share their parts, so one that refers to another twice, and so on, grows without taking memory, until somebody
walks it. Loops in loops turn as often as the product of their lengths.
"""

from __future__ import annotations

from typing import Any, Final

from ..errors import Code, DocumentError
from ..steps import spend as look_now_and_then
from ..steps import watched
from .frame import Frame

__all__ = ["MAX_TURNS", "bounded", "spend"]

MAX_SIZE: Final = 32 * 1024 * 1024
"""Bytes, about; a document that is kept is smaller still."""

MAX_TURNS: Final = 5_000_000


def bounded(value: Any) -> Any:
    """The value, when it is not too large.

    Raises:
        DocumentError: ``BSONObjectTooLarge``.
    """
    kind = type(value)
    if kind is not dict and kind is not list:
        return value
    size = 0
    inside: list[Any] = [value]
    while inside:
        part = inside.pop()
        size += 8 * len(part)
        for item in watched(part.values() if type(part) is dict else part):
            kind = type(item)
            if kind is dict or kind is list:
                inside.append(item)
            elif kind is str or kind is bytes:
                size += len(item)
        if size > MAX_SIZE:
            raise DocumentError(Code.BSONObjectTooLarge, "an expression's result is larger than a document may be")
    return value


def spend(frame: Frame, turns: int) -> None:
    """Count a loop's turns.

    Raises:
        DocumentError: ``OperationFailed``, too many for one document.
    """
    look_now_and_then(turns)
    frame.turns += turns
    if frame.turns > MAX_TURNS:
        raise DocumentError(
            Code.OperationFailed, f"an expression's loops turn more than {MAX_TURNS} times for one document"
        )
