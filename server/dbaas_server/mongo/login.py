"""Logging in: SCRAM-SHA-256 within SASL's commands. See MongoDB's specification "Authentication"."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Final

from ..documents.codec import Document
from ..documents.errors import Code, DocumentError
from . import scram
from .arguments import Fields, integer
from .client import Login

if TYPE_CHECKING:
    from .registry import Call

__all__ = ["MECHANISM", "proceed", "speculate", "start"]

log = logging.getLogger("dbaas.mongo")

MECHANISM: Final = "SCRAM-SHA-256"

_MOST_PAYLOAD_BYTES: Final = 4_096
_CONVERSATION: Final = 1  # one at a time per connection


async def speculate(call: Call, first: Document) -> Document | None:
    """Begin a login within ``hello``; None where it cannot be: then the client asks again and is told why."""
    try:
        return await start(call, Fields("speculativeAuthenticate", first))
    except DocumentError:
        return None


async def start(call: Call, fields: Fields) -> Document:
    """The client's first message.

    Raises:
        DocumentError: ``MechanismUnavailable``, ``AuthenticationFailed``.
    """
    client = call.client
    client.login = None
    mechanism = fields.text("mechanism")
    if mechanism != MECHANISM:
        raise DocumentError(
            Code.MechanismUnavailable, f"Received authentication for mechanism {mechanism} which is not enabled"
        )
    if client.account is not None:
        raise DocumentError(Code.ProtocolError, "Each client connection may only be authenticated once.")
    message = _payload(fields)
    user = scram.user_name(message)
    account = await call.server.accounts.account(user)
    verifier = scram.decoy(user, call.server.secret) if account is None else account.verifier
    options = fields.document("options") or {}
    skips_empty = options.get("skipEmptyExchange") is True
    conversation = scram.Conversation(verifier)
    answer = conversation.first(message)
    client.login = Login(_CONVERSATION, conversation, account, skips_empty)
    return {"conversationId": _CONVERSATION, "done": False, "payload": answer}


async def proceed(call: Call, fields: Fields) -> Document:
    """The client's proof, and after it an empty message where the client cannot do without.

    Raises:
        DocumentError: ``ProtocolError`` when nothing was begun, ``AuthenticationFailed``.
    """
    client, server = call.client, call.server
    login, client.login = client.login, None
    if login is None:
        raise DocumentError(Code.ProtocolError, "No SASL session state found")
    too_late = time.monotonic() - login.began > server.settings.login_seconds
    if too_late or integer(call.body.get("conversationId")) != login.id:
        raise scram.failed()
    message = _payload(fields)
    if login.proven:
        if message:
            raise scram.failed()
        answer = b""
    else:
        answer = _prove(call, login, message)
    if login.proven or login.skips_empty:
        if login.account is None or not await server.is_current(login.account):
            raise scram.failed()
        server.log_in(client, login.account)
    else:
        login.proven = True
        client.login = login
    return {"conversationId": login.id, "done": client.login is None, "payload": answer}


def _prove(call: Call, login: Login, message: bytes) -> bytes:
    try:
        answer = login.conversation.final(message)
        if login.account is None:
            raise scram.failed()
    except DocumentError:
        log.info("a login from %s failed", call.client.address)
        raise
    return answer


def _payload(fields: Fields) -> bytes:
    payload = fields.payload("payload")
    if payload is None or len(payload) > _MOST_PAYLOAD_BYTES:
        raise scram.failed()
    return payload
