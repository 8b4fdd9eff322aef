"""Logical sessions, and the transactions that there are none of."""

from __future__ import annotations

import uuid

from bson import Binary

from ...documents.codec import Document
from ...documents.errors import Code, DocumentError
from ..arguments import wrong_type
from ..registry import Call, Needs, command
from ..sessions import session_key

__all__: list[str] = []


@command("startSession", needs=Needs.login)
async def start_session(call: Call) -> Document:
    """A session's id; nothing is kept of it until it is used."""
    id = Binary(uuid.uuid4().bytes, 4)
    return {"id": {"id": id}, "timeoutMinutes": call.server.settings.session_minutes}


@command("refreshSessions", needs=Needs.login)
async def refresh_sessions(call: Call) -> Document:
    """Keep sessions; what lives in them has times of its own."""
    _keys(call)
    return {}


@command("endSessions", needs=Needs.login, stable=True)
async def end_sessions(call: Call) -> Document:
    """Sessions are over, and so are their cursors."""
    call.server.cursors.kill_sessions(call.account.tenant, call.client.owner, _keys(call))
    return {}


@command("killSessions", needs=Needs.login)
async def kill_sessions(call: Call) -> Document:
    """End sessions with what is at work in them; an empty list means all of one's own."""
    _kill(call, _keys(call) or None)
    return {}


@command("killAllSessions", needs=Needs.login)
async def kill_all_sessions(call: Call) -> Document:
    """The same for users; nobody reaches another's."""
    users = call.fields.documents("killAllSessions") or []
    if not users or any(user.get("user") == call.account.user for user in users):
        _kill(call, None)
    return {}


@command("killAllSessionsByPattern", needs=Needs.login)
async def kill_all_sessions_by_pattern(call: Call) -> Document:
    """The same for patterns, of which one that names no session means all of one's own."""
    patterns = call.fields.documents("killAllSessionsByPattern") or []
    keys = {session_key(call.client, pattern["lsid"]) for pattern in patterns if "lsid" in pattern}
    _kill(call, None if any("lsid" not in pattern for pattern in patterns) or not patterns else keys)
    return {}


@command("commitTransaction abortTransaction", "recoveryToken", needs=Needs.login, stable=True)
async def end_transaction(call: Call) -> Document:
    """No transaction was ever begun."""
    raise DocumentError(Code.NoSuchTransaction, "Given transaction number does not match any in-progress transactions.")


def _keys(call: Call) -> set[bytes]:
    sessions = call.body[call.name]
    if type(sessions) is not list:
        raise wrong_type(f"{call.name}.{call.name}", sessions, "array")
    return {session_key(call.client, one) for one in sessions}


def _kill(call: Call, keys: set[bytes] | None) -> None:
    for operation in call.server.operations.of(call.account.tenant):
        session = operation.session
        if session is not None and operation.client.owner == call.client.owner and (keys is None or session in keys):
            operation.kill()
    call.server.cursors.kill_sessions(call.account.tenant, call.client.owner, keys)
