"""Reading a field's path. Arrays on the way are looked into; numbers name fields, never places in an array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..codec import MISSING
from ..paths import get
from .frame import Expression

__all__ = ["read_path"]


def read_path(names: Sequence[str]) -> Expression:
    """The value at a path below ``$$CURRENT``.

    An array on the way gives an array of what its documents have there; its elements that are no documents, arrays
    among them, give nothing.
    """
    if len(names) == 1:
        (name,) = names

        def top(frame: Any) -> Any:
            current = frame.current
            return current.get(name, MISSING) if type(current) is dict else get(current, names)

        return top
    if len(names) == 2:
        first, second = names

        def nested(frame: Any) -> Any:
            current = frame.current
            if type(current) is dict:
                inner = current.get(first)
                if type(inner) is dict:
                    return inner.get(second, MISSING)
            return get(current, names)

        return nested
    return lambda frame: get(frame.current, names)
