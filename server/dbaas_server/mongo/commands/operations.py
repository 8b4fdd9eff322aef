"""``currentOp`` and ``killOp``: what a tenant's people are doing, and ending it."""

from __future__ import annotations

import time
from typing import Any

from bson import DatetimeMS, Int64

from ...documents.codec import Document
from ...documents.collections.namespace import Namespace
from ...documents.errors import Code, DocumentError
from ...documents.match import compile_filter, parse_filter
from ...documents.scope import Scope
from ..arguments import integer, wrong_type
from ..operations import Operation
from ..registry import GENERIC, Call, Needs, command
from ..sources import source

__all__: list[str] = []

_KINDS = {
    "find": "query",
    "aggregate": "command",
    "getMore": "getmore",
    "insert": "insert",
    "update": "update",
    "delete": "remove",
}


@command("currentOp", None, needs=Needs.admin)
async def current_op(call: Call) -> Document:
    """Commands and index builds under way; other fields of the command are a filter on them."""
    found = _under_way(call)
    own = {"$all", "$ownOps", "$truncateOps", call.name}
    filter = {name: value for name, value in call.body.items() if name not in own and name not in GENERIC}
    if filter:
        scope = Scope()
        wanted = compile_filter(parse_filter(filter, scope), scope)
        found = [one for one in found if wanted(one)]
    return {"inprog": found}


@source("$currentOp")
async def current_op_stage(call: Call, namespace: Namespace | None, operand: Any) -> list[Document]:
    """The same at a pipeline's head."""
    if namespace is not None or call.database != "admin":
        raise DocumentError(
            Code.InvalidNamespace, "$currentOp must be run against the 'admin' database with {aggregate: 1}"
        )
    return _under_way(call)


@command("killOp", "op", needs=Needs.admin)
async def kill_op(call: Call) -> Document:
    """End a command of one's own tenant; what is there no more is ended already."""
    number = integer(call.body.get("op"))
    if number is None:
        raise wrong_type("killOp.op", call.body.get("op"), "long")
    for operation in call.server.operations.of(call.account.tenant):
        if operation.id == number and _is_reachable(call, operation):
            operation.kill()
    return {"info": "attempting to kill op"}


def _under_way(call: Call) -> list[Document]:
    mine = [one for one in call.server.operations.of(call.account.tenant) if _is_reachable(call, one)]
    engines = {id(one.engine): one.engine for one in mine if one.engine is not None}
    builds = [build for engine in engines.values() for build in engine.builds()]
    return [*(_shown(one) for one in mine), *builds]


def _is_reachable(call: Call, operation: Operation) -> bool:
    database = call.account.database
    return database is None or operation.client.account == call.account


def _shown(operation: Operation) -> Document:
    lasted = time.monotonic() - operation.began
    client, account = operation.client, operation.client.account
    return {
        "type": "op",
        "host": "dbaas",
        "desc": f"conn{client.id}",
        "connectionId": client.id,
        "client": client.address,
        "appName": client.application,
        "clientMetadata": client.metadata,
        "active": True,
        "currentOpTime": DatetimeMS(int(time.time() * 1_000)),
        "effectiveUsers": [] if account is None else [{"user": account.user, "db": "admin"}],
        "opid": operation.id,
        "secs_running": Int64(int(lasted)),
        "microsecs_running": Int64(int(lasted * 1_000_000)),
        "op": _KINDS.get(operation.name, "command"),
        "ns": operation.namespace,
        "command": {name: value for name, value in operation.body.items() if name not in _HIDDEN},
        "killPending": operation.ended is not None,
    }


_HIDDEN = frozenset({"payload", "speculativeAuthenticate", "documents", "updates", "$clusterTime"})
