"""``aggregate``."""

from __future__ import annotations

from collections.abc import AsyncIterator

from ...codec import Raw
from ...requests import Aggregate
from ..environment import Environment
from ..namespace import Namespace

__all__ = ["aggregate"]


def aggregate(environment: Environment, namespace: Namespace | None, request: Aggregate) -> AsyncIterator[list[Raw]]:
    """``aggregate``."""
    raise NotImplementedError
