"""Who is present in a room, by key, as the processes of the platform tell. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

__all__ = ["Diff", "Meta", "Presences", "Tracked"]

Meta: TypeAlias = dict[str, Any]
"""What somebody tells about being present, with ``phx_ref``, which is unique."""

Tracked: TypeAlias = "dict[str, tuple[str, Meta]]"
"""ref → key and meta, of one process."""


@dataclass(slots=True)
class Diff:
    """Who came and who went: key → metas."""

    joins: dict[str, list[Meta]] = field(default_factory=dict)
    leaves: dict[str, list[Meta]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.joins or self.leaves)

    def as_json(self) -> dict[str, Any]:
        """``{joins: {key: {metas: […]}}, leaves: …}``."""
        return {"joins": _metas(self.joins), "leaves": _metas(self.leaves)}


class Presences:
    """The presences of a room, by the process that owns them."""

    def __init__(self) -> None:
        self._nodes: dict[str, Tracked] = {}

    def of(self, node: str) -> Tracked:
        """What a process tracks."""
        return dict(self._nodes.get(node, {}))

    def put(self, node: str, ref: str, key: str, meta: Meta, instead: str | None = None) -> Diff:
        """Somebody is present, or (``instead`` of an earlier ref) is present differently."""
        diff = self.take(node, instead) if instead is not None else Diff()
        self._nodes.setdefault(node, {})[ref] = (key, meta)
        diff.joins.setdefault(key, []).append(meta)
        return diff

    def take(self, node: str, ref: str) -> Diff:
        """Somebody went."""
        diff = Diff()
        tracked = self._nodes.get(node, {})
        found = tracked.pop(ref, None)
        if found is not None:
            diff.leaves[found[0]] = [found[1]]
            if not tracked:
                del self._nodes[node]
        return diff

    def replace(self, node: str, tracked: Mapping[str, tuple[str, Meta]]) -> Diff:
        """A process tells everything that it tracks."""
        before = self._nodes.pop(node, {})
        if tracked:
            self._nodes[node] = dict(tracked)
        diff = Diff()
        for ref, (key, meta) in tracked.items():
            if ref not in before:
                diff.joins.setdefault(key, []).append(meta)
        for ref, (key, meta) in before.items():
            if ref not in tracked:
                diff.leaves.setdefault(key, []).append(meta)
        return diff

    def nodes(self) -> list[str]:
        """Processes that track somebody."""
        return list(self._nodes)

    def state(self) -> dict[str, Any]:
        """Everybody: ``{key: {metas: […]}}``."""
        found: dict[str, list[Meta]] = {}
        for tracked in self._nodes.values():
            for key, meta in tracked.values():
                found.setdefault(key, []).append(meta)
        return _metas(found)


def _metas(found: Mapping[str, list[Meta]]) -> dict[str, Any]:
    return {key: {"metas": metas} for key, metas in found.items()}
