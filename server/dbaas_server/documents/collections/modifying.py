"""``findAndModify``: one document changed or removed, and given back."""

from __future__ import annotations

from ..requests import FindAndModify, Modified, WriteContext
from .environment import Environment
from .namespace import Namespace

__all__ = ["find_and_modify"]


async def find_and_modify(
    environment: Environment, namespace: Namespace, request: FindAndModify, *, context: WriteContext
) -> Modified:
    """Carry out a ``findAndModify``."""
    raise NotImplementedError
