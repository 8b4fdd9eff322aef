"""Looking at texts that people sent, without anybody else waiting for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

__all__ = ["looked_at"]

_QUICK_TEXT = 10_000  # letters
_T = TypeVar("_T")


async def looked_at(look: Callable[[str], _T], text: str) -> _T:
    """What a look at a text gives: at a long one in a thread. Raises what ``look`` does."""
    return look(text) if len(text) <= _QUICK_TEXT else await asyncio.to_thread(look, text)
