"""Positions as clients see them and hand them back: ``epoch-order``."""

from __future__ import annotations

import re

from dbaas_provisioning.errors import Invalid

from ...nouns import Position

__all__ = ["position_of", "position_text"]

_POSITION = re.compile(r"(\d{1,20})-(\d{1,40})")


def position_text(position: Position) -> str:
    """A position as text."""
    return f"{position.epoch}-{position.order}"


def position_of(text: object) -> Position:
    """The position that a client sent. Raises ``Invalid`` (``invalid_position``)."""
    found = _POSITION.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise Invalid(
            "invalid_position", "That is no position.", hint="Send the `position` of the last change that you have."
        )
    return Position(int(found[1]), int(found[2]))
