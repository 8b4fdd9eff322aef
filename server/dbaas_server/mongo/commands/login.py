"""SASL: ``saslStart``, ``saslContinue``, ``logout``."""

from __future__ import annotations

from ...documents.codec import Document
from .. import login
from ..registry import Call, Needs, command

__all__: list[str] = []


@command("saslStart", "mechanism payload autoAuthorize options db", needs=Needs.nothing)
async def sasl_start(call: Call) -> Document:
    """Begin a login."""
    return await login.start(call, call.fields)


@command("saslContinue", "conversationId payload", needs=Needs.nothing)
async def sasl_continue(call: Call) -> Document:
    """Go on with it."""
    return await login.proceed(call, call.fields)


@command("logout", needs=Needs.nothing)
async def logout(call: Call) -> Document:
    """Be nobody again; the next command needs a login."""
    call.server.log_out(call.client)
    return {}
