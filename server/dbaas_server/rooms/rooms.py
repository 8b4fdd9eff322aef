"""The rooms of this process."""

from __future__ import annotations

import secrets
from functools import partial
from typing import Any
from uuid import UUID

from dbaas_provisioning.nouns import Home

from .link import Link
from .room import Broadcast, Member, Room

__all__ = ["Rooms"]


class Rooms:
    """Makes a room with its first member and forgets it with its last.

    Args:
        home: of the platform whose daemon hands messages on to other processes.
    """

    def __init__(self, home: Home) -> None:
        self._node = secrets.token_hex(8)
        self._rooms: dict[str, Room] = {}
        self._link = Link(home, self._node, self._connected, self._heard, self._gone)

    def join(self, database: UUID, topic: str, member: Member) -> Room:
        """Enter a room."""
        name = _name(database, topic)
        room = self._rooms.get(name)
        if room is None:
            self._link.start()
            room = self._rooms[name] = Room(self._node, partial(self._publish, name))
            self._publish(name, ["who"])
        room.join(member)
        return room

    def leave(self, database: UUID, topic: str, member: Member) -> None:
        """Leave a room. Safe to repeat."""
        name = _name(database, topic)
        room = self._rooms.get(name)
        if room is not None:
            room.leave(member)
            if room.empty:
                del self._rooms[name]

    def say(self, database: UUID, topic: str, broadcast: Broadcast) -> None:
        """Tell everybody in a room from outside of it."""
        name = _name(database, topic)
        self._link.start()
        room = self._rooms.get(name) or Room(self._node, partial(self._publish, name))
        room.say(broadcast, None)

    async def close(self) -> None:
        """Leave the other processes."""
        await self._link.close()

    def _publish(self, name: str, message: list[Any], *, lossy: bool = False) -> None:
        self._link.send([name, *message], lossy=lossy)

    # --- from the link ------------------------------------------------------------------------------------------

    def _connected(self) -> None:
        for name, room in self._rooms.items():
            room.tell_state()
            self._publish(name, ["who"])

    def _heard(self, node: str, message: list[Any]) -> None:
        room = self._rooms.get(message[0])
        if room is not None:
            room.heard(node, message[1:])

    def _gone(self, present: frozenset[str]) -> None:
        """Only these processes are left."""
        for room in list(self._rooms.values()):
            for node in room.presences.nodes():
                if node not in present and node != self._node:
                    room.forget(node)


def _name(database: UUID, topic: str) -> str:
    return f"{database}:{topic}"
