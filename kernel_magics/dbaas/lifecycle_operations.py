"""What can be asked about dumps, copies and what long work makes, as :mod:`~dbaas.operations`."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .nouns import Database, Dump, Server
from .operation import Operation, Work, get, given, nothing, path, work

__all__ = [
    "branch", "delete_dump", "dump", "dumps", "import_database", "read_dump", "restore", "send_dump", "undrop",
    "undroppable", "upgrade",
]  # fmt: skip

TAR = "application/x-tar"


def dump(tenant: str, name: str) -> Work[Dump]:
    """Dump a database; the platform keeps the dump."""
    return work(_of(tenant, name, "dump"), {}, "dump", Dump.of)


def dumps(tenant: str, name: str) -> Operation[list[Dump]]:
    """The dumps that are kept of a database, newest first."""
    return get(_of(tenant, name, "dumps"), lambda data: [Dump.of(item) for item in data])


def read_dump(tenant: str, name: str, dump_id: str) -> Operation[bytes]:
    """A dump as one file."""
    return Operation("GET", _of(tenant, name, "dumps", dump_id), lambda body, _: body, headers={"Accept": TAR})


def send_dump(tenant: str, name: str, body: Callable[[], Iterable[bytes]]) -> Operation[Dump]:
    """Bring a dump as one file; the platform keeps it."""
    asked = get(_of(tenant, name, "dumps"), Dump.of)
    return Operation("POST", asked.path, asked.decode, headers={"Content-Type": TAR}, body=body)


def delete_dump(tenant: str, name: str, dump_id: str) -> Operation[None]:
    """Remove a dump."""
    return Operation("DELETE", _of(tenant, name, "dumps", dump_id), nothing)


def restore(tenant: str, name: str, dump_id: str, as_new: str | None) -> Work[Database]:
    """Bring a kept dump back: into the database, or as a new one."""
    return work(_of(tenant, name, "restore"), {"dump": dump_id} | given(**{"as": as_new}), "database", Database.of)


def branch(tenant: str, name: str, new: str, *, schema_only: bool) -> Work[Database]:
    """A copy of a database, with logins of its own."""
    return work(_of(tenant, name, "branch"), {"name": new, "schema_only": schema_only}, "database", Database.of)


def undroppable(tenant: str) -> Operation[list[Dump]]:
    """The last dumps of databases that were dropped, newest first."""
    return get(path("v1", tenant, "undrop"), lambda data: [Dump.of(item) for item in data])


def undrop(tenant: str, name: str, as_new: str | None) -> Work[Database]:
    """Bring a dropped database back, with new logins."""
    return work(path("v1", tenant, "undrop"), {"database": name} | given(**{"as": as_new}), "database", Database.of)


def import_database(tenant: str, name: str, dsn: str, expose: str | None) -> Work[Database]:
    """A new database with what a PostgreSQL database elsewhere has."""
    body = given(name=name, dsn=dsn, expose=expose)
    return work(path("v1", tenant, "import"), body, "database", Database.of)


def upgrade(tenant: str, engine: str, to: str) -> Work[Server]:
    """Move a tenant's server to a newer major version."""
    return work(path("v1", tenant, "clusters", engine, "upgrade"), {"to": to}, "cluster", Server.of)


def _of(tenant: str, name: str, *more: str) -> str:
    return path("v1", tenant, "databases", name, *more)
