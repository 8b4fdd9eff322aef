"""What shells, Compass and drivers ask of a server about itself. Nothing of it tells of other tenants."""

from __future__ import annotations

import time
from typing import Any, Final

from bson import DatetimeMS, Int64

from ...documents.codec import Document
from ...documents.errors import Code, DocumentError
from ..registry import COMMANDS, Call, Needs, command
from .handshake import VERSION

__all__: list[str] = []

_COMPATIBILITY: Final = "7.0"
_LOGS: Final = ("global", "startupWarnings")
_BEGAN: Final = time.monotonic()


@command("serverStatus", None, needs=Needs.login)
async def server_status(call: Call) -> Document:
    """Counters, of this tenant where they are anybody's."""
    server, tenant = call.server, call.account.tenant
    uptime = time.monotonic() - _BEGAN
    connections = server.connections(tenant)
    return {
        "host": "dbaas",
        "version": VERSION,
        "process": "mongos",
        "pid": Int64(0),
        "uptime": uptime,
        "uptimeMillis": Int64(int(uptime * 1_000)),
        "uptimeEstimate": Int64(int(uptime)),
        "localTime": DatetimeMS(int(time.time() * 1_000)),
        "connections": {
            "current": connections,
            "available": server.settings.tenant_connections - connections,
            "active": sum(1 for _ in server.operations.of(tenant)),
        },
        "metrics": {"cursor": {"open": {"total": Int64(server.cursors.count(tenant))}}},
        "mem": {"bits": 64, "supported": True},
        "storageEngine": {"name": "dbaas", "supportsCommittedReads": True, "persistent": True},
    }


@command("hostInfo", needs=Needs.admin)
async def host_info(call: Call) -> Document:
    """Nothing of the machine, which is shared."""
    now = DatetimeMS(int(time.time() * 1_000))
    return {
        "system": {"currentTime": now, "hostname": "dbaas", "cpuAddrSize": 64, "numCores": 1, "memSizeMB": Int64(0)},
        "os": {"type": "Linux", "name": "Linux", "version": ""},
        "extra": {},
    }


@command("getParameter", None, needs=Needs.admin)
async def get_parameter(call: Call) -> Document:
    """The few parameters that there are.

    Raises:
        DocumentError: ``InvalidOptions`` for one that there is not.
    """
    parameters: Document = {
        "featureCompatibilityVersion": {"version": _COMPATIBILITY},
        "enableTestCommands": call.server.settings.test_commands,
        "authenticationMechanisms": ["SCRAM-SHA-256"],
        "requireApiVersion": False,
        "localLogicalSessionTimeoutMinutes": call.server.settings.session_minutes,
    }
    asked = call.body[call.name]
    if asked == "*" or (isinstance(asked, dict) and asked.get("allParameters")):
        return parameters
    found = {name: value for name, value in parameters.items() if name in call.body}
    if not found:
        raise DocumentError(Code.InvalidOptions, "no option found to get")
    return found


@command("getCmdLineOpts", needs=Needs.admin)
async def get_command_line_options(call: Call) -> Document:
    """How a mongod is started; this is none."""
    return {"argv": ["dbaas"], "parsed": {}}


@command("getLog", needs=Needs.admin)
async def get_log(call: Call) -> Document:
    """An empty log: the listener's own is the platform's.

    Raises:
        DocumentError: ``OperationFailed`` for a log that there is not.
    """
    name: Any = call.body[call.name]
    if name == "*":
        return {"names": list(_LOGS)}
    if name not in _LOGS:
        raise DocumentError(Code.OperationFailed, f"No log named '{name}'")
    return {"totalLinesWritten": 0, "log": []}


@command("top", needs=Needs.admin)
async def top(call: Call) -> Document:
    """Times per collection, which nobody measures."""
    return {"totals": {"note": "all times in microseconds"}}


@command("features", "oidReset", needs=Needs.login)
async def features(call: Call) -> Document:
    """Nothing special."""
    return {}


@command("connPoolStats", needs=Needs.login)
async def connection_pool_stats(call: Call) -> Document:
    """There are no shards to have connections to."""
    return {"numClientConnections": 0, "numAScopedConnections": 0, "pools": {}, "hosts": {}}


@command("getFreeMonitoringStatus", needs=Needs.admin)
async def free_monitoring_status(call: Call) -> Document:
    """It is off."""
    return {"state": "disabled"}


@command("listCommands", needs=Needs.login)
async def list_commands(call: Call) -> Document:
    """Every command."""
    described = {
        name: {"help": "", "requiresAuth": one.needs is not Needs.nothing, "adminOnly": one.needs is Needs.admin}
        for name, one in sorted(COMMANDS.items())
    }
    return {"commands": described}


@command("profile", "slowms sampleRate filter")
async def profile(call: Call) -> Document:
    """The profiler is off.

    Raises:
        DocumentError: ``CommandNotSupported`` for turning it on.
    """
    if call.fields.number("profile") not in (-1, 0):
        raise DocumentError(Code.CommandNotSupported, "There is no profiler here.")
    return {"was": 0, "slowms": 100, "sampleRate": 1.0}


@command("usersInfo", None, needs=Needs.login)
async def users_info(call: Call) -> Document:
    """Who asks, and nobody else."""
    account = call.account
    asked = call.body[call.name]
    if isinstance(asked, str) and asked != account.user:
        return {"users": []}
    role = "readWriteAnyDatabase" if account.database is None else "readWrite"
    one = {
        "_id": f"admin.{account.user}",
        "user": account.user,
        "db": "admin",
        "roles": [{"role": role, "db": account.database or "admin"}],
        "mechanisms": ["SCRAM-SHA-256"],
    }
    return {"users": [one]}


@command("rolesInfo", None, needs=Needs.login)
async def roles_info(call: Call) -> Document:
    """There are no roles to be made."""
    return {"roles": []}


@command("fsync", "lock async", needs=Needs.admin)
async def fsync(call: Call) -> Document:
    """What was answered is durable already.

    Raises:
        DocumentError: ``CommandNotSupported`` for a lock.
    """
    if call.fields.flag("lock"):
        raise DocumentError(Code.CommandNotSupported, "Writes cannot be held here.")
    return {"numFiles": 1}
