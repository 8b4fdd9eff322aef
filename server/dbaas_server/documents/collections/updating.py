"""``update``: operators, replacements and pipelines, of one document or many."""

from __future__ import annotations

from collections.abc import Sequence

from ..requests import Updated, UpdateSpec, WriteContext
from .environment import Environment
from .namespace import Namespace

__all__ = ["update"]


async def update(
    environment: Environment,
    namespace: Namespace,
    updates: Sequence[UpdateSpec],
    *,
    ordered: bool,
    context: WriteContext,
) -> Updated:
    """Carry out the statements of an ``update``."""
    raise NotImplementedError
