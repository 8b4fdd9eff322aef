"""``explain``."""

from __future__ import annotations

from ..codec import Document
from ..requests import Aggregate, Count, DeleteSpec, Distinct, Find, UpdateSpec
from .environment import Environment
from .namespace import Namespace

__all__ = ["explain"]


async def explain(
    environment: Environment,
    namespace: Namespace,
    request: Find | Aggregate | Count | Distinct | UpdateSpec | DeleteSpec,
    verbosity: str,
) -> Document:
    """``explain``."""
    raise NotImplementedError
