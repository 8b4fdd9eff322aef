"""``insert``: documents checked, given an ``_id``, and written with their entries, many at a time."""

from __future__ import annotations

from collections.abc import Sequence

from ..codec import Raw
from ..requests import WriteContext, Written
from .environment import Environment
from .namespace import Namespace

__all__ = ["insert"]


async def insert(
    environment: Environment, namespace: Namespace, documents: Sequence[Raw], *, ordered: bool, context: WriteContext
) -> Written:
    """Insert documents; the collection is made if it is not there."""
    raise NotImplementedError
