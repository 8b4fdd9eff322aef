"""What one listener may spend, and how long it waits."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Settings"]

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Settings:
    """Bounds of a :class:`~.server.MongoServer`.

    Attributes:
        connections: of everybody together.
        strangers: of them not logged in. One more, and the address with the most of them loses its oldest, so that
            nobody who can only knock keeps those out who can open.
        tenant_connections: logged in to one tenant.
        tenant_bytes: of one tenant's large messages, arriving, at work and not yet taken.
        idle_seconds: that a connection may say nothing after a login.
        stranger_seconds: before one; drivers watch a server over connections without a login.
        stalled_seconds: that a message may stand still half sent or half taken.
        login_seconds: that a login may take from its first message.
        tenant_cursors: open ones; the one that rested longest makes room for another.
        tenant_cursor_bytes: of documents that were read and not yet asked for.
        cursor_seconds: that a cursor may rest.
        session_minutes: that a session may; drivers are told.
        drain_seconds: that commands get to end when the server does.
        test_commands: answer ``configureFailPoint``, as a mongod with ``enableTestCommands``.
    """

    connections: int = 12_000
    strangers: int = 2_000
    tenant_connections: int = 1_000
    tenant_bytes: int = 128 * _MIB
    idle_seconds: float = 3_600.0
    stranger_seconds: float = 600.0
    stalled_seconds: float = 60.0
    login_seconds: float = 60.0
    tenant_cursors: int = 1_000
    tenant_cursor_bytes: int = 256 * _MIB
    cursor_seconds: float = 600.0
    session_minutes: int = 30
    drain_seconds: float = 5.0
    test_commands: bool = False
