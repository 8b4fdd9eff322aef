"""Names as SQL writes them."""

from __future__ import annotations

__all__ = ["identifier"]


def identifier(name: str) -> str:
    """A name in quotes."""
    return '"' + name.replace('"', '""') + '"'
