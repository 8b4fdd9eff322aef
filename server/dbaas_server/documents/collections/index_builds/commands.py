"""``createIndexes`` and ``dropIndexes``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...codec import Document
from ...requests import CreatedIndexes
from ..environment import Environment
from ..namespace import Namespace
from .builds import Builds

__all__ = ["create", "drop"]


async def create(
    environment: Environment, builds: Builds, namespace: Namespace, specs: Sequence[Document]
) -> CreatedIndexes:
    """``createIndexes``."""
    raise NotImplementedError


async def drop(environment: Environment, builds: Builds, namespace: Namespace, which: Any) -> int:
    """``dropIndexes``."""
    raise NotImplementedError
