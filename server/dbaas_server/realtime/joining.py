"""What a join asks for. Pure.

``{config: {broadcast: {ack, self}, presence: {key, enabled}, postgres_changes: [{event, schema, table, filter,
select}], private}, access_token}``; as an extension, ``since`` beside ``postgres_changes``: the position from which on
the channel wants to be told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dbaas_provisioning.errors import Invalid

from ..changes import parse_position
from ..feeds.hub import Binding
from ..nouns import Position
from .filters import parse_filter

__all__ = ["Join", "parse_join"]

EVENTS = frozenset({"*", "INSERT", "UPDATE", "DELETE"})
MOST_BINDINGS = 100
LONGEST_TOPIC = 255
LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class Join:
    """A channel as its client wants it.

    Attributes:
        echo: the subscriptions as they were sent, each with the ``id`` under which its changes come.
        presence_key: None: one is made up.
        token: None: the socket's credential holds.
    """

    bindings: tuple[Binding, ...]
    echo: tuple[dict[str, Any], ...]
    ack: bool = False
    own: bool = False
    presence: bool = False
    presence_key: str | None = None
    private: bool = False
    since: Position | None = None
    token: str | None = None


def parse_join(topic: str, payload: object) -> Join:
    """Read a join's payload. Raises ``Invalid``."""
    if not 0 < len(topic.encode()) <= LONGEST_TOPIC:
        raise Invalid("InvalidTopic", f"A topic has between 1 and {LONGEST_TOPIC} bytes.")
    whole = _object(payload, "payload")
    config = _object(whole.get("config"), "config")
    broadcast, presence = _object(config.get("broadcast"), "broadcast"), _object(config.get("presence"), "presence")
    wanted = config.get("postgres_changes")
    if wanted is None:
        wanted = []
    if not isinstance(wanted, list) or len(wanted) > MOST_BINDINGS:
        raise Invalid("InvalidSubscription", f"`postgres_changes` is not a list of at most {MOST_BINDINGS}.")
    key = presence.get("key")
    if key is not None and (not isinstance(key, str) or len(key.encode()) > LONGEST_KEY):
        raise Invalid("InvalidPresenceKey", f"A presence key is a text of at most {LONGEST_KEY} bytes.")
    since = config.get("since")
    token = whole.get("access_token")
    return Join(
        bindings=tuple(_binding(one) for one in wanted),
        echo=tuple({**one, "id": number} for number, one in enumerate(wanted, 1)),
        ack=broadcast.get("ack") is True,
        own=broadcast.get("self") is True,
        # Clients from before the flag was made send a key and no flag.
        presence=presence.get("enabled", bool(key)) is True,
        presence_key=key or None,
        private=config.get("private") is True,
        since=None if since is None else parse_position(since if isinstance(since, str) else ""),
        # A key of the new kind opens the socket and is no token.
        token=token if isinstance(token, str) and token and not token.startswith("sb_") else None,
    )


def _object(value: object, what: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Invalid("InvalidJoin", f"`{what}` is not an object.")
    return value


def _binding(value: object) -> Binding:
    fields = _object(value, "postgres_changes")
    event = fields.get("event", "*")
    if not isinstance(event, str) or event.upper() not in EVENTS:
        raise Invalid("InvalidSubscription", f"`event` is none of {', '.join(sorted(EVENTS))}.")
    schema, table, text = (_text(fields, name) for name in ("schema", "table", "filter"))
    select = fields.get("select")
    if isinstance(select, str):
        select = [part.strip() for part in select.split(",")]
    if select is not None and not (isinstance(select, list) and all(isinstance(name, str) for name in select)):
        raise Invalid("InvalidSubscription", "`select` is not a list of columns.")
    where, args = parse_filter(text) if text else ((), ())
    return Binding(
        event.upper(),
        schema or "public",
        table or "*",
        where,
        args,
        frozenset(select) if select and "*" not in select else None,
    )


def _text(fields: dict[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise Invalid("InvalidSubscription", f"`{name}` is not text.")
    return value
