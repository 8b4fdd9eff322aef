"""What is remembered within a number of bytes, of which no single owner may take all."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

__all__ = ["Kept"]

_V = TypeVar("_V")


class Kept(Generic[_V]):
    """Values by owner and key, those that were used last.

    Args:
        most: bytes in all, by what :meth:`put` is told.
        share: bytes of one owner.
    """

    def __init__(self, most: int, share: int) -> None:
        self._most = most
        self._share = share
        self._found: OrderedDict[tuple[Hashable, Hashable], tuple[_V, int]] = OrderedDict()
        self._owned: dict[Hashable, OrderedDict[Hashable, None]] = {}
        self._taken: dict[Hashable, int] = {}
        self.size = 0

    def get(self, owner: Hashable, key: Hashable) -> _V | None:
        """A value, which is then the last to be forgotten."""
        found = self._found.get((owner, key))
        if found is None:
            return None
        self._found.move_to_end((owner, key))
        self._owned[owner].move_to_end(key)
        return found[0]

    def put(self, owner: Hashable, key: Hashable, value: _V, size: int) -> None:
        """Remember a value of so many bytes, unless it is more than its owner's share."""
        if size > self._share:
            return
        if (owner, key) in self._found:
            self._drop(owner, key)
        self._found[owner, key] = value, size
        self._owned.setdefault(owner, OrderedDict())[key] = None
        self._taken[owner] = self._taken.get(owner, 0) + size
        self.size += size
        while self._taken[owner] > self._share:
            self._drop(owner, next(iter(self._owned[owner])))
        while self.size > self._most:
            self._drop(*next(iter(self._found)))

    def forget(self, owner: Hashable) -> None:
        """Forget all of an owner's."""
        for key in list(self._owned.get(owner, ())):
            self._drop(owner, key)

    def clear(self) -> None:
        """Forget everything."""
        self._found.clear()
        self._owned.clear()
        self._taken.clear()
        self.size = 0

    def _drop(self, owner: Hashable, key: Hashable) -> None:
        _, size = self._found.pop((owner, key))
        self.size -= size
        self._taken[owner] -= size
        del self._owned[owner][key]
        if not self._owned[owner]:
            del self._owned[owner], self._taken[owner]
