"""``find``."""

from __future__ import annotations

from collections.abc import AsyncIterator

from ...codec import Raw
from ...requests import Find
from ..environment import Environment
from ..namespace import Namespace

__all__ = ["find"]


def find(environment: Environment, namespace: Namespace, request: Find) -> AsyncIterator[list[Raw]]:
    """``find``."""
    raise NotImplementedError
