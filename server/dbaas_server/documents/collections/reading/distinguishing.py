"""``distinct``."""

from __future__ import annotations

from typing import Any

from ...requests import Distinct
from ..environment import Environment
from ..namespace import Namespace

__all__ = ["distinct"]


async def distinct(environment: Environment, namespace: Namespace, request: Distinct) -> list[Any]:
    """``distinct``."""
    raise NotImplementedError
