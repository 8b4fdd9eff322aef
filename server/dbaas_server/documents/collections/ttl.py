"""Documents whose time is over."""

from __future__ import annotations

from .environment import Environment

__all__ = ["Reaper"]


class Reaper:
    """Removes them, every now and then."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def start(self) -> None:
        """Begin."""

    async def close(self) -> None:
        """Stop."""
