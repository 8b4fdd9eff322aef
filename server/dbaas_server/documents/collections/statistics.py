"""What a collection or a database takes, and whether it is sound."""

from __future__ import annotations

from ..codec import Document
from .environment import Environment
from .namespace import Namespace

__all__ = ["of_collection", "of_database", "validate"]


async def of_collection(environment: Environment, namespace: Namespace) -> Document:
    """``collStats``."""
    raise NotImplementedError


async def of_database(environment: Environment, database: str) -> Document:
    """``dbStats``."""
    raise NotImplementedError


async def validate(environment: Environment, namespace: Namespace) -> Document:
    """``validate``."""
    raise NotImplementedError
