"""Schemas that are kept: one for each role and set of databases, made anew when a catalog changes."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
import weakref
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from graphql import GraphQLSchema

from ..engine import Session
from .documents import Documents
from .schema import Source, build_schema

__all__ = ["Built", "Member", "Schemas"]

log = logging.getLogger(__name__)

_MOST = 64  # schemas kept
_MOST_TYPES = 60_000  # in all of them, at about 6 KB each


@dataclass(frozen=True, slots=True)
class Member:
    """A database of a schema. ``prefix`` leads its names; empty for the one whose names have none."""

    database: str
    prefix: str
    session: Session


@dataclass(slots=True, eq=False)
class Built:
    """A schema, the catalogs it was made from, and what was made from it."""

    schema: GraphQLSchema
    versions: tuple[int, ...]
    documents: Documents = field(default_factory=Documents)
    introspected: OrderedDict[tuple[object, ...], bytes] = field(default_factory=OrderedDict)


@dataclass(slots=True, eq=False)
class _Entry:
    sessions: tuple[weakref.ref[Session], ...]
    built: Built | None = None
    building: asyncio.Task[Built] | None = None

    def is_of(self, members: Sequence[Member]) -> bool:
        return len(self.sessions) == len(members) and all(
            known() is member.session for known, member in zip(self.sessions, members, strict=True)
        )


class Schemas:
    """The schemas of one process. Belongs to one event loop."""

    def __init__(self) -> None:
        self._entries: OrderedDict[tuple[object, ...], _Entry] = OrderedDict()

    async def get(self, role: str, members: Sequence[Member], *, current: bool = False) -> Built:
        """The schema of a role over databases. Waits for the first one only.

        Args:
            current: look for changed definitions first and wait until they are in it: a document that names what is
                not known may be about what was made a moment ago.
        """
        key = (role, *((id(member.session), member.prefix) for member in members))
        entry = self._entries.get(key)
        if entry is None or not entry.is_of(members):
            entry = self._entries[key] = _Entry(tuple(weakref.ref(member.session) for member in members))
            if len(self._entries) > _MOST:
                self._entries.popitem(last=False)
        else:
            self._entries.move_to_end(key)
        catalogs = [await member.session.catalog(fresh=current) for member in members]
        versions = tuple(catalog.version for catalog in catalogs)
        built = entry.built
        if built is not None and built.versions == versions:
            return built
        if entry.building is None or entry.building.done():
            sources = [
                Source(member.database, member.prefix, catalog)
                for member, catalog in zip(members, catalogs, strict=True)
            ]
            entry.building = asyncio.create_task(self._build(entry, sources, role, versions))
            entry.building.add_done_callback(_told)
        if built is not None and not current:
            return built
        found = await asyncio.shield(entry.building)
        if current and found.versions != versions:  # it was under way when the definitions changed
            return await self.get(role, members)
        return found

    async def _build(self, entry: _Entry, sources: list[Source], role: str, versions: tuple[int, ...]) -> Built:
        schema = await asyncio.to_thread(_make, sources, role)
        entry.built = Built(schema, versions)
        self._bound()
        return entry.built

    def _bound(self) -> None:
        """Forget the schemas that were not used for longest, where all of them are too large; the last one stays."""
        sizes = {
            key: len(entry.built.schema.type_map) for key, entry in self._entries.items() if entry.built is not None
        }
        total = sum(sizes.values())
        for key in list(sizes)[:-1]:
            if total <= _MOST_TYPES:
                break
            total -= sizes[key]
            del self._entries[key]


_making = threading.Lock()


def _make(sources: list[Source], role: str) -> GraphQLSchema:
    """Make a schema without collecting garbage meanwhile.

    Hundreds of thousands of objects come into being that all stay: each collection would look at every one of them and
    hold up the requests beside this thread for as long.
    """
    with _making:
        collecting = gc.isenabled()
        gc.disable()
        try:
            return build_schema(sources, role)
        finally:
            if collecting:
                gc.enable()


def _told(task: asyncio.Task[Built]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("a GraphQL schema could not be made", exc_info=task.exception())
