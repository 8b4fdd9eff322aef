"""``hello`` and what else a client may ask before it has logged in."""

from __future__ import annotations

import time
from typing import Final

from bson import DatetimeMS

from ...documents.codec import MAX_DOCUMENT_BYTES, Document, encode
from .. import compression
from ..login import MECHANISM, speculate
from ..registry import Call, Needs, command
from ..wire import MAX_MESSAGE_BYTES

__all__ = ["VERSION"]

VERSION: Final = "7.0.14"
"""Of MongoDB, whose documented behaviour this is."""

_VERSION_ARRAY: Final = [7, 0, 14, 0]
_WIRE_VERSION: Final = 21
_METADATA_BYTES: Final = 2_048  # that are kept of what a driver says of itself
_BATCH: Final = 100_000  # statements of one write command


@command("hello", None, needs=Needs.nothing, stable=True)
async def hello(call: Call) -> Document:
    """Who this is. ``isdbgrid`` is a mongos's word: no replica set is looked for behind it, and retryable writes work.

    There is no ``topologyVersion``, by which drivers know that they are not to ask for a stream of answers.
    """
    return {"isWritablePrimary": True, **await _describe(call)}


@command("isMaster ismaster", None, needs=Needs.nothing)
async def is_master(call: Call) -> Document:
    """The same in the words of before."""
    return {"ismaster": True, **({"helloOk": True} if call.body.get("helloOk") else {}), **await _describe(call)}


async def _describe(call: Call) -> Document:
    client, body = call.client, call.body
    metadata = body.get("client")
    if isinstance(metadata, dict) and not client.metadata and len(encode(metadata)) <= _METADATA_BYTES:
        client.metadata = metadata
    found: Document = {
        "msg": "isdbgrid",
        "maxBsonObjectSize": MAX_DOCUMENT_BYTES,
        "maxMessageSizeBytes": MAX_MESSAGE_BYTES,
        "maxWriteBatchSize": _BATCH,
        "localTime": DatetimeMS(int(time.time() * 1_000)),
        "logicalSessionTimeoutMinutes": call.server.settings.session_minutes,
        "connectionId": client.id,
        "minWireVersion": 0,
        "maxWireVersion": _WIRE_VERSION,
        "readOnly": False,
    }
    agreed = compression.negotiate(body.get("compression"))
    if agreed:
        client.compressors |= compression.numbers(agreed)
        found["compression"] = agreed
    if "saslSupportedMechs" in body:
        found["saslSupportedMechs"] = [MECHANISM]  # of whomever: it is no way to learn who exists
    speculation = body.get("speculativeAuthenticate")
    if isinstance(speculation, dict):
        first = await speculate(call, speculation)
        if first is not None:
            found["speculativeAuthenticate"] = first
    return found


@command("ping", needs=Needs.nothing, stable=True)
async def ping(call: Call) -> Document:
    """Nothing, quickly."""
    return {}


@command("buildInfo buildinfo", needs=Needs.nothing)
async def build_info(call: Call) -> Document:
    """Which version's behaviour to expect."""
    return {
        "version": VERSION,
        "gitVersion": "unknown",
        "modules": [],
        "allocator": "system",
        "javascriptEngine": "none",
        "sysInfo": "deprecated",
        "versionArray": _VERSION_ARRAY,
        "openssl": {"running": "unknown", "compiled": "unknown"},
        "buildEnvironment": {},
        "bits": 64,
        "debug": False,
        "maxBsonObjectSize": MAX_DOCUMENT_BYTES,
        "storageEngines": ["dbaas"],
    }


@command("whatsmyuri", needs=Needs.nothing)
async def whats_my_uri(call: Call) -> Document:
    """The client's address as seen here."""
    return {"you": call.client.address}


@command("connectionStatus", "showPrivileges", needs=Needs.nothing)
async def connection_status(call: Call) -> Document:
    """Who is logged in over this connection."""
    account = call.client.account
    users = [] if account is None else [{"user": account.user, "db": "admin"}]
    roles = [] if account is None else _roles(account.database)
    found: Document = {"authenticatedUsers": users, "authenticatedUserRoles": roles}
    if call.fields.flag("showPrivileges"):
        found["authenticatedUserPrivileges"] = []
    return {"authInfo": found}


def _roles(database: str | None) -> list[Document]:
    if database is None:
        return [{"role": "readWriteAnyDatabase", "db": "admin"}, {"role": "dbAdminAnyDatabase", "db": "admin"}]
    return [{"role": "readWrite", "db": database}, {"role": "dbAdmin", "db": database}]
