"""Databases and collections: what there is, making it and removing it."""

from __future__ import annotations

from typing import Any, Final

from bson import Int64

from ...documents.codec import Document, Raw, encode
from ...documents.collections.namespace import Namespace
from ...documents.errors import Code, DocumentError
from ...documents.match import Predicate, compile_filter, parse_filter
from ...documents.scope import Scope
from ..answers import cursor_answer
from ..registry import GENERIC, Call, Needs, command

__all__: list[str] = []

_CREATE: Final = (
    "capped autoIndexId idIndex size max storageEngine validator validationLevel validationAction indexOptionDefaults "
    "viewOn pipeline collation writeConcern expireAfterSeconds timeseries clusteredIndex changeStreamPreAndPostImages "
    "encryptedFields flags temp"
)
_COLL_MOD: Final = (
    "index validator validationLevel validationAction viewOn pipeline expireAfterSeconds timeseries cappedSize "
    "cappedMax changeStreamPreAndPostImages dryRun recordPreImages"
)


@command("listDatabases", "filter nameOnly authorizedDatabases", needs=Needs.admin, stable=True)
async def list_databases(call: Call) -> Document:
    """The databases that this user may see."""
    fields = call.fields
    wanted = _predicate(fields.document("filter"))
    name_only = fields.flag("nameOnly")
    found: list[Document] = []
    for name in sorted(await call.server.accounts.databases(call.account)):
        one: Document = {"name": name} if name_only else await _sized(call, name)
        if wanted is None or wanted(one):
            found.append(one)
    if name_only:
        return {"databases": found}
    total = sum(one["sizeOnDisk"] for one in found)
    return {"databases": found, "totalSize": Int64(total), "totalSizeMb": Int64(total // 1_048_576)}


@command("listCollections", "filter nameOnly authorizedCollections cursor", stable=True)
async def list_collections(call: Call) -> Raw:
    """A database's collections."""
    fields = call.fields
    wanted = _predicate(fields.document("filter"))
    found = (await call.engine()).collections(call.database)
    if fields.flag("nameOnly"):
        found = [{"name": one["name"], "type": one["type"]} for one in found]
    kept = [encode(one) for one in found if wanted is None or wanted(one)]
    return cursor_answer(kept, 0, f"{call.database}.$cmd.listCollections", first=True)


@command("create", _CREATE, writes=True, stable=True)
async def create(call: Call) -> Document:
    """Make a collection."""
    namespace = call.namespace()
    engine = await call.engine(create=True, adds=True)
    await engine.create_collection(namespace, _options(call))
    return {}


@command("drop", writes=True, stable=True)
async def drop(call: Call) -> Document:
    """Remove a collection; it is well if there is none."""
    namespace = call.namespace()
    indexes = await (await call.engine()).drop_collection(namespace)
    return {} if indexes is None else {"nIndexesWas": indexes, "ns": str(namespace)}


@command("dropDatabase", writes=True, stable=True)
async def drop_database(call: Call) -> Document:
    """Remove a database: its collections, and where the user has all of the tenant's, the platform's database."""
    account = call.account
    if account.database is None:
        await call.server.accounts.drop(account, call.database)
    else:
        await (await call.engine()).drop_database(call.database)
    call.server.cursors.kill_database(account.tenant, call.database)
    return {"dropped": call.database}


@command("renameCollection", "to dropTarget stayTemp", needs=Needs.admin, writes=True)
async def rename_collection(call: Call) -> Document:
    """Give a collection another name in its database."""
    fields = call.fields
    source = _full_name(fields.required_text("renameCollection"))
    target = _full_name(fields.required_text("to"))
    if source.database != target.database:
        raise DocumentError(Code.CommandNotSupported, "A collection cannot be renamed into another database.")
    engine = await call.engine(source.database)
    await engine.rename_collection(source, target, drop_target=fields.flag("dropTarget"))
    return {}


@command("collMod", _COLL_MOD, writes=True, stable=True)
async def coll_mod(call: Call) -> Document:
    """Change a collection's options, or those of one of its indexes."""
    namespace = call.namespace()
    return await (await call.engine()).change_collection(namespace, _options(call))


def _options(call: Call) -> Document:
    return {name: value for name, value in call.body.items() if name != call.name and name not in GENERIC}


def _predicate(filter: Document | None) -> Predicate | None:
    if not filter:
        return None
    scope = Scope()
    return compile_filter(parse_filter(filter, scope), scope)


async def _sized(call: Call, database: str) -> Document:
    stats: dict[str, Any] = await (await call.engine(database)).database_stats(database)
    size = int(stats.get("totalSize", 0))
    return {"name": database, "sizeOnDisk": Int64(size), "empty": not stats.get("collections")}


def _full_name(text: str) -> Namespace:
    database, _, collection = text.partition(".")
    return Namespace(database, collection)
