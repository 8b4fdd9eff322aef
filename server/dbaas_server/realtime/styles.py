"""How changes look to those who are told them: equal styles share their bytes."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from ..feeds.hub import Told
from .wire import message_frame

__all__ = ["ChannelStyle", "EventStyle", "plain_topic"]

PREFIX = "realtime:"


def plain_topic(topic: str) -> str:
    """A topic as its users call it, without the protocol's prefix."""
    return topic.removeprefix(PREFIX)


@dataclass(frozen=True, slots=True)
class ChannelStyle:
    """A channel's ``postgres_changes``. The ids of its subscriptions are their places, counting from 1."""

    version: str
    topic: str

    def frame(self, told: Told) -> bytes:
        """A change; a truncation, which clients know no change for, as a ``system`` message."""
        payload = told.payload
        if payload.event == "TRUNCATE":
            message = b'{"channel":%b,"extension":"postgres_changes","status":"ok","message":"truncated","data":%b}'
            data = message % (orjson.dumps(plain_topic(self.topic)), payload.data)
            return message_frame(self.version, self.topic, "system", data)
        ids = b",".join(b"%d" % (place + 1) for place in told.bindings)
        return message_frame(
            self.version, self.topic, "postgres_changes", b'{"ids":[%b],"data":%b}' % (ids, payload.data)
        )


@dataclass(frozen=True, slots=True)
class EventStyle:
    """Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

    def frame(self, told: Told) -> bytes:
        """A change as an event that is named for what happened; its id is its position."""
        payload = told.payload
        data = payload.data.replace(b"\r", b"").replace(b"\n", b"\ndata: ")  # a json value may hold line ends
        return b"id: %b\nevent: %b\ndata: %b\n\n" % (payload.position.encode(), payload.event.encode(), data)
