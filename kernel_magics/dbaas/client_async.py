"""The typed client: ``dbaas.connect_async()``.

``AsyncClient`` is the platform, ``AsyncTenantClient`` a tenant, ``AsyncDatabaseClient`` a database. They hold names
and a transport; making one asks nothing of the server.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

import pyarrow as pa

from . import discovery, operations
from .arrow import distinct
from .bundle import Origin
from .changes import Changes, Wanted
from .data_async import AsyncTableClient
from .discovery import Endpoint
from .errors import DbaasError
from .fetched import first_rows
from .lifecycle_async import AsyncDatabaseLifecycle, AsyncTenantLifecycle
from .load_async import Loaded, Options, load
from .nouns import (
    ApiKey,
    Cluster,
    Consumption,
    Database,
    Feed,
    Invitation,
    Member,
    Membership,
    Plan,
    Platform,
    Schema,
    Secret,
    Tenant,
    Token,
    Usage,
)
from .operations import Page
from .params import bind
from .results import AsyncResult
from .rows_async import fetch_arrow
from .transport_async import AsyncTransport

if TYPE_CHECKING:
    from pymongo.asynchronous.database import AsyncDatabase as MongoDatabase

__all__ = ["AsyncClient", "AsyncDatabaseClient", "AsyncTenantClient", "connect_async"]

Parameters = Mapping[str, Any] | Sequence[Any] | None


def connect_async(url: str | None = None, token: str | None = None) -> AsyncClient:
    """The platform: the one at ``url``, else the one that the environment, a saved login or this machine has.

    Nothing is asked of it yet. A local platform that does not run is started on first use.
    """
    if url is None:
        return AsyncClient(AsyncTransport(discovery.locate))
    endpoint = Endpoint(url.rstrip("/"), token, "connect_async()")
    return AsyncClient(AsyncTransport(lambda _: endpoint))


class AsyncClient:
    """A platform."""

    def __init__(self, transport: AsyncTransport) -> None:
        self.transport = transport

    async def platform(self) -> Platform:
        """Version, data folder, engines."""
        return await self.transport.run(operations.platform())

    async def tenants(self) -> list[Tenant]:
        """Every tenant."""
        return await self.transport.run(operations.tenants())

    async def create_tenant(
        self, name: str, *, subdomain: str | None = None, plan: str | None = None
    ) -> AsyncTenantClient:
        """Make a tenant. Raises ``DbaasError`` (``tenant_exists``, ``invalid_name`` …)."""
        made = await self.transport.run(operations.create_tenant(name, subdomain, plan))
        return AsyncTenantClient(self.transport, made.subdomain)

    def tenant(self, name: str) -> AsyncTenantClient:
        """A tenant by its subdomain; whether it exists shows when something is asked of it."""
        return AsyncTenantClient(self.transport, name)

    def database(self, path: str) -> AsyncDatabaseClient:
        """A database by ``tenant/name``."""
        tenant, slash, name = path.partition("/")
        if not slash:
            raise DbaasError(f"{path!r} names no database.", code="usage", hint="Write tenant/name.")
        return AsyncDatabaseClient(self.transport, tenant, name)

    async def document(self, path: str) -> MongoDatabase[dict[str, Any]]:
        """pymongo's object of a document database, by ``tenant/name``, or by its name where there is one tenant."""
        if "/" in path:
            return await self.database(path).document()
        tenants = await self.tenants()
        if len(tenants) != 1:
            raise DbaasError(f"Whose database is {path!r}?", code="usage", hint="Write tenant/name.")
        return await self.tenant(tenants[0].subdomain).document(path)

    async def plans(self) -> list[Plan]:
        """What tenants may use, by plan. For operators."""
        return await self.transport.run(operations.plans())

    async def clusters(self) -> list[Cluster]:
        """The servers that run elsewhere. For operators."""
        return await self.transport.run(operations.clusters())

    async def cluster(self, name: str) -> Cluster:
        """One of them, with what the platform can do there. For operators."""
        return await self.transport.run(operations.cluster(name))

    async def redeem(self, token: str) -> Membership:
        """Become a tenant's member by an invitation. Raises ``DbaasError`` (``invitation_not_found``)."""
        return await self.transport.run(operations.redeem(token))

    async def close(self) -> None:
        """Close the connections. As a context manager it does that at the end."""
        await self.transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return "dbaas.AsyncClient()"


class _Graph(ABC):
    """What answers GraphQL documents."""

    transport: AsyncTransport

    @abstractmethod
    def _graph(self) -> tuple[str, str | None]:
        """The tenant, and the database; None for all of the tenant's."""

    async def graphql(
        self,
        document: str,
        variables: Mapping[str, Any] | None = None,
        *,
        operation: str | None = None,
        key: str | None = None,
    ) -> dict[str, Any]:
        """Run a GraphQL document over this database, or over all of this tenant's; the answer's ``data``.

        Args:
            document: queries, or mutations (of one transaction).
            variables: the values of its ``$names``.
            operation: which one, where the document has several.
            key: an API key or a signed token, to ask under its row policies; None asks as the person at the notebook.

        Raises:
            GraphQLError: the document was refused, or failed; ``errors`` has all that the server said.
        """
        asked = operations.graphql(*self._graph(), document, variables, operation, key=key)
        return await self.transport.run(asked)


class AsyncTenantClient(_Graph, AsyncTenantLifecycle):
    """A tenant: its databases and keys."""

    def __init__(self, transport: AsyncTransport, name: str) -> None:
        self.transport = transport
        self.name = name

    async def info(self) -> Tenant:
        """Plan and limits."""
        return await self.transport.run(operations.tenant(self.name))

    async def update(
        self,
        *,
        default_database: str | None = None,
        plan: str | None = None,
        cors_origins: Sequence[str] | None = None,
    ) -> Tenant:
        """Change what is given. ``cors_origins``: whose pages may read the data in a browser; ``*`` is everybody."""
        return await self.transport.run(operations.update_tenant(self.name, default_database, plan, cors_origins))

    async def drop(self) -> None:
        """Remove the tenant with all its databases. There is no way back."""
        await self.transport.run(operations.drop_tenant(self.name))

    async def usage(self, days: int = 7) -> Consumption:
        """What it may use, and what it used in the last days (at most 90), by the hour."""
        return await self.transport.run(operations.consumption(self.name, days))

    async def databases(self) -> list[Database]:
        """Every database. Wakes none."""
        return await self.transport.run(operations.databases(self.name))

    async def create_database(
        self, name: str, *, engine: str = "postgres", expose: Literal["policies", "all"] | None = None
    ) -> Database:
        """Make a database (``postgres`` or ``document``); the answer has its ``connection_string``.

        Args:
            expose: which tables the API shows: those with row policies (the default) or all. SQL databases only.
        """
        return await self.transport.run(operations.create_database(self.name, name, engine, expose))

    def database(self, name: str | None = None) -> AsyncDatabaseClient:
        """A database by name; None is the tenant's default one. Whether it exists shows on use."""
        return AsyncDatabaseClient(self.transport, self.name, name)

    async def document(self, name: str) -> MongoDatabase[dict[str, Any]]:
        """pymongo's object of a document database."""
        return await self.database(name).document()

    async def mongo_connection_string(self) -> Secret:
        """For MongoDB's clients: the user of all document databases of this tenant, who makes one by writing to it."""
        return await self.transport.run(operations.mongo_connection_string(self.name))

    async def rotate_mongo(self) -> Secret:
        """A new password for that user; the old one opens nothing. The new connection string."""
        return await self.transport.run(operations.rotate_mongo(self.name))

    async def keys(self) -> list[ApiKey]:
        """The API keys, without the keys themselves."""
        return await self.transport.run(operations.keys(self.name))

    async def create_key(self, role: Literal["anon", "service_role"]) -> ApiKey:
        """Make an API key; ``key`` is in this answer only."""
        return await self.transport.run(operations.create_key(self.name, role))

    async def revoke_key(self, key_id: str) -> None:
        """Make a key useless."""
        await self.transport.run(operations.revoke_key(self.name, key_id))

    async def sign(
        self,
        role: Literal["authenticated", "anon"] = "authenticated",
        *,
        sub: str | None = None,
        expires_in: int | None = None,
        claims: Mapping[str, Any] | None = None,
    ) -> Token:
        """A token for the data API, signed with the tenant's secret. ``expires_in`` is in seconds."""
        return await self.transport.run(operations.sign(self.name, role, sub, expires_in, claims))

    async def members(self) -> list[Member]:
        """Who may do what with this tenant."""
        return await self.transport.run(operations.members(self.name))

    async def set_member(self, person: str, right: Literal["view", "own", "administer"]) -> Member:
        """Make a person (``jupyter:NAME``, ``hub:HUB:NAME``, ``oidc:ISSUER#SUBJECT``) a member, or change a member."""
        return await self.transport.run(operations.set_member(self.name, person, right))

    async def remove_member(self, person: str) -> None:
        """Take every right from a member."""
        await self.transport.run(operations.remove_member(self.name, person))

    async def invitations(self) -> list[Invitation]:
        """Invitations that nobody redeemed yet, without their tokens."""
        return await self.transport.run(operations.invitations(self.name))

    async def invite(self, name: str, right: Literal["view", "own", "administer"]) -> Invitation:
        """An invitation for who is not known yet; ``token`` is in this answer only, and holds for a week."""
        return await self.transport.run(operations.invite(self.name, name, right))

    async def withdraw_invitation(self, invitation_id: str) -> None:
        """Make an invitation useless."""
        await self.transport.run(operations.withdraw_invitation(self.name, invitation_id))

    async def audit(
        self,
        limit: int = 100,
        *,
        actor: str | None = None,
        action: str | None = None,
        database: str | None = None,
        outcome: str | None = None,
        since: str | None = None,
        before: int | None = None,
    ) -> list[dict[str, Any]]:
        """Who did what, newest first.

        Args:
            outcome: ``ok``, ``refused`` or an error code.
            since: a day or a time (ISO 8601).
            before: the ``id`` of an entry; older ones than that, so that the last one's gives the next page.
        """
        return await self.transport.run(
            operations.audit(
                self.name,
                limit,
                actor=actor,
                action=action,
                database=database,
                outcome=outcome,
                since=since,
                before=before,
            )
        )

    def _graph(self) -> tuple[str, str | None]:
        return self.name, None

    def __repr__(self) -> str:
        return f"dbaas.AsyncTenantClient({self.name!r})"


class AsyncDatabaseClient(_Graph, AsyncDatabaseLifecycle):
    """A database: statements, loading, its schema, its data API. ``name`` None is the tenant's default database."""

    def __init__(self, transport: AsyncTransport, tenant: str, name: str | None) -> None:
        self.transport = transport
        self.tenant = tenant
        self._name = name

    @property
    async def name(self) -> str:
        """Its name; asks the server which one is the default where none was given."""
        if self._name is None:
            self._name = (await self.transport.run(operations.tenant(self.tenant))).default_database
        if self._name is None:
            raise DbaasError(f"The tenant {self.tenant} has no database yet.", code="no_database")
        return self._name

    async def info(self) -> Database:
        """State, size, URLs."""
        return await self.transport.run(operations.database(self.tenant, await self.name))

    async def query(self, text: str, params: Parameters = None, *, max_rows: int | None = None) -> AsyncResult:
        """Run a statement.

        Args:
            text: in the engine's language. ``:name`` takes from a mapping, ``$1`` from a sequence.
            params: the values.
            max_rows: rows to bring along at first; more are fetched as they are looked at.

        Raises:
            DbaasError: what the engine said; the code is its SQLSTATE.
        """
        statement = self._statement(text, params)
        first = await statement.page(max_rows=first_rows(text) if max_rows is None else max_rows)
        repeatable = first_rows(text) is not None and not statement.values
        origin = None if self._name is None else Origin(self.tenant, self._name, text, repeatable)
        return AsyncResult(statement, first, origin)

    async def arrow(self, text: str, params: Parameters = None) -> pa.Table:
        """Run a statement and bring every row as a typed Arrow table."""
        return await fetch_arrow(self._statement(text, params), text)

    async def load(self, source: Any, table: str, *, options: Options | None = None, progress: bool = False) -> Loaded:
        """Load a CSV or Parquet file or a DataFrame into a table; see :func:`dbaas.load.load`."""
        return await load(self, source, table, options or Options(), progress=progress)

    def changes(
        self,
        table: str,
        *,
        since: str | None = None,
        where: str | None = None,
        event: Literal["INSERT", "UPDATE", "DELETE"] | None = None,
        schema: str | None = None,
        key: str | None = None,
    ) -> Changes:
        """What is committed to a table, as it is committed: ``async for change in database.changes("orders")``.

        A connection that breaks is made anew, and what was missed meanwhile is told. ``async with`` waits until changes
        flow: what is committed inside is told.

        Args:
            table: ``*`` for all of the schema.
            since: go on behind the change with this ``position``; None begins now.
            where: a filter, such as ``amount=gt.100,status=in.(open,pending)``.
            key: an API key or a signed token, to see what its row policies show.

        Raises:
            ChangesLost: while iterating, when some changes are not known any more.
            DbaasError: while iterating, for what the server refuses.
        """
        return Changes(self.transport, Wanted(self.tenant, self._name, table, schema, where, event, key), since)

    async def schema(self) -> Schema:
        """Tables, columns, policies, functions."""
        return await self.transport.run(operations.schema(self.tenant, await self.name))

    async def usage(self) -> Usage:
        """Size and connections."""
        return await self.transport.run(operations.usage(self.tenant, await self.name))

    async def feed(self) -> Feed:
        """How its feed of changes is doing: state, lag, history."""
        return await self.transport.run(operations.feed(self.tenant, await self.name))

    async def connection_string(self) -> Secret:
        """The owner's connection string; usable as text, hidden when displayed."""
        return self._secret(await self.transport.run(operations.connection_string(self.tenant, await self.name)))

    async def document(self) -> MongoDatabase[dict[str, Any]]:
        """pymongo's object of this document database, with a connection of its own: ``db.orders.find({})``.

        Raises:
            DbaasError: it is no document database (``wrong_engine``).
        """
        from pymongo import AsyncMongoClient  # only for those who have documents

        name, where = await self.name, str(await self.connection_string())
        if not where.startswith("mongodb://"):
            raise DbaasError(f"{name} is no document database.", code="wrong_engine", hint="Use query().")
        client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(where, appname="dbaas notebook")
        return client[name]

    async def rotate(self) -> Database:
        """New credentials; the old ones die. The answer has the new ``connection_string``."""
        return await self.transport.run(operations.rotate(self.tenant, await self.name))

    async def drop(self, *, keep_dump: bool = True) -> None:
        """Remove the database and its data.

        Args:
            keep_dump: a last dump is kept for a week, for the tenant's ``undrop``; without it all its dumps go, too.
        """
        await self.transport.run(operations.drop_database(self.tenant, await self.name, keep_dump=keep_dump))

    def data(self, table: str, *, key: str | None = None) -> AsyncTableClient:
        """A table through the REST API, as ``key`` (an API key or a signed token) may see it."""
        named = table if self._name is None else f"{self._name}.{table}"
        return AsyncTableClient(self.transport, self.tenant, named, key)

    def _graph(self) -> tuple[str, str | None]:
        return self.tenant, self._name

    def __repr__(self) -> str:
        return f"dbaas.AsyncDatabaseClient({self.tenant!r}, {self._name!r})"

    def _statement(self, text: str, params: Parameters) -> AsyncBoundStatement:
        values: Sequence[Any]
        if isinstance(params, Mapping):
            bound = bind(text, params)
            text, values = bound.text, bound.values
        else:
            values = params or ()
        return AsyncBoundStatement(self.transport, self.tenant, self._name, text, tuple(values))

    @staticmethod
    def _secret(database: Database) -> Secret:
        assert database.connection_string is not None
        return database.connection_string


@dataclass(frozen=True, slots=True)
class AsyncBoundStatement:
    """A statement with its values on its database; what a :class:`~dbaas.results.Result` pages through."""

    transport: AsyncTransport
    tenant: str
    database: str | None
    text: str
    values: tuple[Any, ...]

    async def page(self, *, max_rows: int | None = None, offset: int | None = None, count: bool = False) -> Page:
        """Rows as JSON gives them."""
        operation = operations.query(
            self.tenant, self.database, self.text, self.values, max_rows=max_rows, offset=offset, count=count
        )
        return await self.transport.run(operation)

    async def arrow(self, *, max_rows: int | None = None, offset: int | None = None) -> pa.Table:
        """Rows as a typed table, twin names numbered."""
        operation = operations.query_arrow(
            self.tenant, self.database, self.text, self.values, max_rows=max_rows, offset=offset
        )
        table = await self.transport.run(operation)
        named = table.rename_columns(distinct(table.column_names))
        return named.replace_schema_metadata(table.schema.metadata)
