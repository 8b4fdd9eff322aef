"""The builds under way."""

from __future__ import annotations

from ...codec import Document
from ..environment import Environment

__all__ = ["Builds"]


class Builds:
    """Those of one engine."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def start(self) -> None:
        """Begin again what was cut short."""

    async def close(self) -> None:
        """Stop."""

    def progress(self) -> list[Document]:
        """As ``currentOp`` shows them."""
        return []
