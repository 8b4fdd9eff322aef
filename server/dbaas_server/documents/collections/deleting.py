"""``delete``: one document that matches, or all."""

from __future__ import annotations

from collections.abc import Sequence

from ..requests import DeleteSpec, WriteContext, Written
from .environment import Environment
from .namespace import Namespace

__all__ = ["delete"]


async def delete(
    environment: Environment,
    namespace: Namespace,
    deletes: Sequence[DeleteSpec],
    *,
    ordered: bool,
    context: WriteContext,
) -> Written:
    """Carry out the statements of a ``delete``."""
    raise NotImplementedError
