"""One room, as this process sees it."""

from __future__ import annotations

import secrets
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from .presence import Diff, Meta, Presences, Tracked

__all__ = ["Broadcast", "Member", "Room", "Shared"]

PIECE_BYTES = 256 * 1024
"""What is told at once of who is present."""

Shared = dict[Hashable, Any]
"""What members make of a message, kept while it is told, so that those who need the same make it once."""


@dataclass(frozen=True, slots=True)
class Broadcast:
    """What members of a topic send each other.

    Attributes:
        payload: JSON, or any bytes when ``binary``.
    """

    event: str
    payload: bytes
    binary: bool = False


class Member(Protocol):
    """Somebody in a room. Neither call waits."""

    def hear(self, broadcast: Broadcast, shared: Shared, /) -> None:
        """Somebody said something."""
        ...

    def notice(self, diff: Diff, shared: Shared, /) -> None:
        """Somebody came or went."""
        ...


class Publish(Protocol):
    """Tells the other processes."""

    def __call__(self, message: list[Any], /, *, lossy: bool = False) -> None:
        """One message."""
        ...


class Room:
    """See the package's principles.

    Args:
        node: this process's name among the others.
        publish: tells the other processes; ``lossy`` is what may get lost where too much is said.
    """

    def __init__(self, node: str, publish: Publish) -> None:
        self._node = node
        self._publish = publish
        self._members: dict[Member, None] = {}
        self._tracked: dict[Member, str] = {}
        self._arriving: dict[str, Tracked] = {}
        self.presences = Presences()

    @property
    def empty(self) -> bool:
        """No member of this process is left."""
        return not self._members

    def join(self, member: Member) -> None:
        """Hear what is said from now on."""
        self._members[member] = None

    def leave(self, member: Member) -> None:
        """Hear nothing more, and be present no more. Safe to repeat."""
        self.untrack(member)
        self._members.pop(member, None)

    def say(self, broadcast: Broadcast, sender: Member | None, *, own: bool = False) -> None:
        """Tell everybody; the sender only when it wants to hear its ``own`` words."""
        self.hear(broadcast, None if own else sender)
        self._publish(["broadcast", broadcast.event, broadcast.payload.hex(), broadcast.binary], lossy=True)

    def track(self, member: Member, key: str, payload: Mapping[str, Any]) -> None:
        """A member is present under a key, with what it tells about itself."""
        ref = secrets.token_urlsafe(9)
        meta: Meta = {**payload, "phx_ref": ref}
        before = self._tracked.get(member)
        if before is not None:
            meta["phx_ref_prev"] = before
        self._tracked[member] = ref
        self._notice(self.presences.put(self._node, ref, key, meta, before))
        self._publish(["track", ref, key, meta, before])

    def untrack(self, member: Member) -> None:
        """A member is present no more. Safe to repeat."""
        ref = self._tracked.pop(member, None)
        if ref is not None:
            self._notice(self.presences.take(self._node, ref))
            self._publish(["untrack", ref])

    # --- from other processes -----------------------------------------------------------------------------------

    def hear(self, broadcast: Broadcast, besides: Member | None = None) -> None:
        """Tell the members of this process."""
        shared: Shared = {}
        for member in list(self._members):
            if member is not besides:
                member.hear(broadcast, shared)

    def heard(self, node: str, message: list[Any]) -> None:
        """Another process tells something of its members."""
        match message:
            case ["broadcast", str(event), str(payload), bool(binary)]:
                self.hear(Broadcast(event, bytes.fromhex(payload), binary))
            case ["track", str(ref), str(key), dict(meta), (str() | None) as before]:
                self._notice(self.presences.put(node, ref, key, meta, before))
            case ["untrack", str(ref)]:
                self._notice(self.presences.take(node, ref))
            case ["state", dict(tracked), bool(more)]:
                arriving = self._arriving.setdefault(node, {})
                arriving.update({ref: (key, meta) for ref, (key, meta) in tracked.items()})
                if not more:
                    self._notice(self.presences.replace(node, self._arriving.pop(node)))
            case ["who"]:
                self.tell_state()

    def tell_state(self) -> None:
        """Tell the others who of this process is present, in pieces."""
        piece: Tracked = {}
        size = 0
        for ref, tracked in self.presences.of(self._node).items():
            piece[ref] = tracked
            size += len(orjson.dumps(tracked))
            if size > PIECE_BYTES:
                self._publish(["state", piece, True])
                piece, size = {}, 0
        self._publish(["state", piece, False])

    def forget(self, node: str) -> None:
        """Another process is gone, and its members with it."""
        self._arriving.pop(node, None)
        self._notice(self.presences.replace(node, {}))

    def _notice(self, diff: Diff) -> None:
        if diff:
            shared: Shared = {}
            for member in list(self._members):
                member.notice(diff, shared)
