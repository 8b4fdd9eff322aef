"""``count``."""

from __future__ import annotations

from ...requests import Count
from ..environment import Environment
from ..namespace import Namespace

__all__ = ["count"]


async def count(environment: Environment, namespace: Namespace, request: Count) -> int:
    """``count``."""
    raise NotImplementedError
