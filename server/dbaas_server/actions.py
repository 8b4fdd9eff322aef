"""What requests are called in the audit log: as their control action where they are one, else as their handler."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["action_of"]

# Where the log has them already when they are done, as module.function of the handler.
_KNOWN = {
    "tenants.create": "create_tenant",
    "tenants.update": "update_tenant",
    "tenants.drop": "drop_tenant",
    "members.put": "set_member",
    "members.remove": "remove_member",
    "members.invite": "invite",
    "members.withdraw": "withdraw_invitation",
    "members.redeem": "join",
    "plans.create": "create_plan",
    "plans.update": "update_plan",
    "plans.remove": "remove_plan",
    "clusters.add": "add_cluster",
    "clusters.update": "update_cluster",
    "clusters.remove": "remove_cluster",
    "upgrading.upgrade": "upgrade_cluster",
    "databases.create": "create_database",
    "databases.drop": "drop_database",
    "databases.rotate": "rotate",
    "databases.rotate_mongo": "rotate",
    "databases.connection_string": "reveal",
    "databases.mongo_connection_string": "reveal",
    "keys.create": "create_key",
    "keys.revoke": "revoke_key",
    "keys.jwt_secret": "reveal",
    "keys.sign": "reveal",
    "documents.put": "put_document",
    "documents.delete": "delete_document",
    "lifecycle.dump": "dump",
    "lifecycle.take_in_dump": "take_in_dump",
    "lifecycle.delete_dump": "delete_dump",
    "lifecycle.restore": "restore",
    "lifecycle.branch": "branch",
    "lifecycle.undrop": "undrop",
    "lifecycle.take_over": "import",
    "tokens.create": "create_token",
    "tokens.end": "end_tokens",
    "login.confirm": "confirm_login",
    "query.run": "query",
    "running.run": "query",
    "paging.rows": "query",
    "paging.count": "query",
    "exporting.export": "export",
    "load.load": "load",
}
_OF_DATA = {
    "table": {"POST": "insert", "PATCH": "update", "PUT": "upsert", "DELETE": "delete"},
    "record": {"PATCH": "update", "PUT": "upsert", "DELETE": "delete"},
    "function": {"POST": "call"},
}


def action_of(handler: Callable[..., Any], method: str) -> str:
    """The action that a request of a route is, or tries to be."""
    module = handler.__module__.rpartition(".")[2]
    name = f"{module}.{handler.__name__}"
    if module == "doors":
        return _OF_DATA.get(handler.__name__, {}).get(method, "read")
    if known := _KNOWN.get(name):
        return known
    return name if module != "door" else handler.__module__.split(".")[-2]
