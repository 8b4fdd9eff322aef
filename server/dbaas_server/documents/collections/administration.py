"""Collections come, change and go."""

from __future__ import annotations

from ..codec import Document
from .environment import Environment
from .namespace import Namespace

__all__ = ["change", "create", "describe", "drop", "drop_database", "indexes", "rename"]


async def create(environment: Environment, namespace: Namespace, options: Document) -> None:
    """``create``."""
    raise NotImplementedError


async def drop(environment: Environment, namespace: Namespace) -> int | None:
    """``drop``: how many indexes went with it; None where there was no such collection."""
    raise NotImplementedError


async def drop_database(environment: Environment, database: str) -> None:
    """``dropDatabase``."""
    raise NotImplementedError


async def rename(environment: Environment, namespace: Namespace, to: Namespace, *, drop_target: bool = False) -> None:
    """``renameCollection``."""
    raise NotImplementedError


async def change(environment: Environment, namespace: Namespace, options: Document) -> Document:
    """``collMod``."""
    raise NotImplementedError


def describe(environment: Environment, database: str) -> list[Document]:
    """``listCollections``' documents."""
    raise NotImplementedError


def indexes(environment: Environment, namespace: Namespace) -> list[Document]:
    """``listIndexes``' documents."""
    raise NotImplementedError
