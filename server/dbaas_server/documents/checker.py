"""Whether indexes agree with documents."""

from __future__ import annotations

from .collections.environment import Environment
from .collections.metadata import Collection

__all__ = ["check"]


async def check(environment: Environment, collection: Collection) -> list[str]:
    """What is wrong, a sentence each."""
    raise NotImplementedError
