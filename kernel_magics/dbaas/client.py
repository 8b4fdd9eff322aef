# Made from client_async.py by provisioning/scripts/twins.py. Change that file, then run `make format`.

"""The typed client: ``dbaas.connect()``.

``Client`` is the platform, ``TenantClient`` a tenant, ``DatabaseClient`` a database. They hold names
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
from .data import TableClient
from .discovery import Endpoint
from .errors import DbaasError
from .fetched import first_rows
from .lifecycle import DatabaseLifecycle, TenantLifecycle
from .load import Loaded, Options, load
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
from .results import Result
from .rows import fetch_arrow
from .transport import Transport

if TYPE_CHECKING:
    from pymongo.database import Database as MongoDatabase

__all__ = ["Client", "DatabaseClient", "TenantClient", "connect"]

Parameters = Mapping[str, Any] | Sequence[Any] | None


def connect(url: str | None = None, token: str | None = None) -> Client:
    """The platform: the one at ``url``, else the one that the environment, a saved login or this machine has.

    Nothing is asked of it yet. A local platform that does not run is started on first use.
    """
    if url is None:
        return Client(Transport(discovery.locate))
    endpoint = Endpoint(url.rstrip("/"), token, "connect()")
    return Client(Transport(lambda _: endpoint))


class Client:
    """A platform."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def platform(self) -> Platform:
        """Version, data folder, engines."""
        return self.transport.run(operations.platform())

    def tenants(self) -> list[Tenant]:
        """Every tenant."""
        return self.transport.run(operations.tenants())

    def create_tenant(self, name: str, *, subdomain: str | None = None, plan: str | None = None) -> TenantClient:
        """Make a tenant. Raises ``DbaasError`` (``tenant_exists``, ``invalid_name`` …)."""
        made = self.transport.run(operations.create_tenant(name, subdomain, plan))
        return TenantClient(self.transport, made.subdomain)

    def tenant(self, name: str) -> TenantClient:
        """A tenant by its subdomain; whether it exists shows when something is asked of it."""
        return TenantClient(self.transport, name)

    def database(self, path: str) -> DatabaseClient:
        """A database by ``tenant/name``."""
        tenant, slash, name = path.partition("/")
        if not slash:
            raise DbaasError(f"{path!r} names no database.", code="usage", hint="Write tenant/name.")
        return DatabaseClient(self.transport, tenant, name)

    def document(self, path: str) -> MongoDatabase[dict[str, Any]]:
        """pymongo's object of a document database, by ``tenant/name``, or by its name where there is one tenant."""
        if "/" in path:
            return self.database(path).document()
        tenants = self.tenants()
        if len(tenants) != 1:
            raise DbaasError(f"Whose database is {path!r}?", code="usage", hint="Write tenant/name.")
        return self.tenant(tenants[0].subdomain).document(path)

    def plans(self) -> list[Plan]:
        """What tenants may use, by plan. For operators."""
        return self.transport.run(operations.plans())

    def clusters(self) -> list[Cluster]:
        """The servers that run elsewhere. For operators."""
        return self.transport.run(operations.clusters())

    def cluster(self, name: str) -> Cluster:
        """One of them, with what the platform can do there. For operators."""
        return self.transport.run(operations.cluster(name))

    def redeem(self, token: str) -> Membership:
        """Become a tenant's member by an invitation. Raises ``DbaasError`` (``invitation_not_found``)."""
        return self.transport.run(operations.redeem(token))

    def close(self) -> None:
        """Close the connections. As a context manager it does that at the end."""
        self.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return "dbaas.Client()"


class _Graph(ABC):
    """What answers GraphQL documents."""

    transport: Transport

    @abstractmethod
    def _graph(self) -> tuple[str, str | None]:
        """The tenant, and the database; None for all of the tenant's."""

    def graphql(
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
        return self.transport.run(asked)


class TenantClient(_Graph, TenantLifecycle):
    """A tenant: its databases and keys."""

    def __init__(self, transport: Transport, name: str) -> None:
        self.transport = transport
        self.name = name

    def info(self) -> Tenant:
        """Plan and limits."""
        return self.transport.run(operations.tenant(self.name))

    def update(
        self,
        *,
        default_database: str | None = None,
        plan: str | None = None,
        cors_origins: Sequence[str] | None = None,
    ) -> Tenant:
        """Change what is given. ``cors_origins``: whose pages may read the data in a browser; ``*`` is everybody."""
        return self.transport.run(operations.update_tenant(self.name, default_database, plan, cors_origins))

    def drop(self) -> None:
        """Remove the tenant with all its databases. There is no way back."""
        self.transport.run(operations.drop_tenant(self.name))

    def usage(self, days: int = 7) -> Consumption:
        """What it may use, and what it used in the last days (at most 90), by the hour."""
        return self.transport.run(operations.consumption(self.name, days))

    def databases(self) -> list[Database]:
        """Every database. Wakes none."""
        return self.transport.run(operations.databases(self.name))

    def create_database(
        self, name: str, *, engine: str = "postgres", expose: Literal["policies", "all"] | None = None
    ) -> Database:
        """Make a database (``postgres`` or ``document``); the answer has its ``connection_string``.

        Args:
            expose: which tables the API shows: those with row policies (the default) or all. SQL databases only.
        """
        return self.transport.run(operations.create_database(self.name, name, engine, expose))

    def database(self, name: str | None = None) -> DatabaseClient:
        """A database by name; None is the tenant's default one. Whether it exists shows on use."""
        return DatabaseClient(self.transport, self.name, name)

    def document(self, name: str) -> MongoDatabase[dict[str, Any]]:
        """pymongo's object of a document database."""
        return self.database(name).document()

    def mongo_connection_string(self) -> Secret:
        """For MongoDB's clients: the user of all document databases of this tenant, who makes one by writing to it."""
        return self.transport.run(operations.mongo_connection_string(self.name))

    def rotate_mongo(self) -> Secret:
        """A new password for that user; the old one opens nothing. The new connection string."""
        return self.transport.run(operations.rotate_mongo(self.name))

    def keys(self) -> list[ApiKey]:
        """The API keys, without the keys themselves."""
        return self.transport.run(operations.keys(self.name))

    def create_key(self, role: Literal["anon", "service_role"]) -> ApiKey:
        """Make an API key; ``key`` is in this answer only."""
        return self.transport.run(operations.create_key(self.name, role))

    def revoke_key(self, key_id: str) -> None:
        """Make a key useless."""
        self.transport.run(operations.revoke_key(self.name, key_id))

    def sign(
        self,
        role: Literal["authenticated", "anon"] = "authenticated",
        *,
        sub: str | None = None,
        expires_in: int | None = None,
        claims: Mapping[str, Any] | None = None,
    ) -> Token:
        """A token for the data API, signed with the tenant's secret. ``expires_in`` is in seconds."""
        return self.transport.run(operations.sign(self.name, role, sub, expires_in, claims))

    def members(self) -> list[Member]:
        """Who may do what with this tenant."""
        return self.transport.run(operations.members(self.name))

    def set_member(self, person: str, right: Literal["view", "own", "administer"]) -> Member:
        """Make a person (``jupyter:NAME``, ``hub:HUB:NAME``, ``oidc:ISSUER#SUBJECT``) a member, or change a member."""
        return self.transport.run(operations.set_member(self.name, person, right))

    def remove_member(self, person: str) -> None:
        """Take every right from a member."""
        self.transport.run(operations.remove_member(self.name, person))

    def invitations(self) -> list[Invitation]:
        """Invitations that nobody redeemed yet, without their tokens."""
        return self.transport.run(operations.invitations(self.name))

    def invite(self, name: str, right: Literal["view", "own", "administer"]) -> Invitation:
        """An invitation for who is not known yet; ``token`` is in this answer only, and holds for a week."""
        return self.transport.run(operations.invite(self.name, name, right))

    def withdraw_invitation(self, invitation_id: str) -> None:
        """Make an invitation useless."""
        self.transport.run(operations.withdraw_invitation(self.name, invitation_id))

    def audit(
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
        return self.transport.run(
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
        return f"dbaas.TenantClient({self.name!r})"


class DatabaseClient(_Graph, DatabaseLifecycle):
    """A database: statements, loading, its schema, its data API. ``name`` None is the tenant's default database."""

    def __init__(self, transport: Transport, tenant: str, name: str | None) -> None:
        self.transport = transport
        self.tenant = tenant
        self._name = name

    @property
    def name(self) -> str:
        """Its name; asks the server which one is the default where none was given."""
        if self._name is None:
            self._name = (self.transport.run(operations.tenant(self.tenant))).default_database
        if self._name is None:
            raise DbaasError(f"The tenant {self.tenant} has no database yet.", code="no_database")
        return self._name

    def info(self) -> Database:
        """State, size, URLs."""
        return self.transport.run(operations.database(self.tenant, self.name))

    def query(self, text: str, params: Parameters = None, *, max_rows: int | None = None) -> Result:
        """Run a statement.

        Args:
            text: in the engine's language. ``:name`` takes from a mapping, ``$1`` from a sequence.
            params: the values.
            max_rows: rows to bring along at first; more are fetched as they are looked at.

        Raises:
            DbaasError: what the engine said; the code is its SQLSTATE.
        """
        statement = self._statement(text, params)
        first = statement.page(max_rows=first_rows(text) if max_rows is None else max_rows)
        repeatable = first_rows(text) is not None and not statement.values
        origin = None if self._name is None else Origin(self.tenant, self._name, text, repeatable)
        return Result(statement, first, origin)

    def arrow(self, text: str, params: Parameters = None) -> pa.Table:
        """Run a statement and bring every row as a typed Arrow table."""
        return fetch_arrow(self._statement(text, params), text)

    def load(self, source: Any, table: str, *, options: Options | None = None, progress: bool = False) -> Loaded:
        """Load a CSV or Parquet file or a DataFrame into a table; see :func:`dbaas.load.load`."""
        return load(self, source, table, options or Options(), progress=progress)

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

    def schema(self) -> Schema:
        """Tables, columns, policies, functions."""
        return self.transport.run(operations.schema(self.tenant, self.name))

    def usage(self) -> Usage:
        """Size and connections."""
        return self.transport.run(operations.usage(self.tenant, self.name))

    def feed(self) -> Feed:
        """How its feed of changes is doing: state, lag, history."""
        return self.transport.run(operations.feed(self.tenant, self.name))

    def connection_string(self) -> Secret:
        """The owner's connection string; usable as text, hidden when displayed."""
        return self._secret(self.transport.run(operations.connection_string(self.tenant, self.name)))

    def document(self) -> MongoDatabase[dict[str, Any]]:
        """pymongo's object of this document database, with a connection of its own: ``db.orders.find({})``.

        Raises:
            DbaasError: it is no document database (``wrong_engine``).
        """
        from pymongo import MongoClient  # only for those who have documents

        name, where = self.name, str(self.connection_string())
        if not where.startswith("mongodb://"):
            raise DbaasError(f"{name} is no document database.", code="wrong_engine", hint="Use query().")
        client: MongoClient[dict[str, Any]] = MongoClient(where, appname="dbaas notebook")
        return client[name]

    def rotate(self) -> Database:
        """New credentials; the old ones die. The answer has the new ``connection_string``."""
        return self.transport.run(operations.rotate(self.tenant, self.name))

    def drop(self, *, keep_dump: bool = True) -> None:
        """Remove the database and its data.

        Args:
            keep_dump: a last dump is kept for a week, for the tenant's ``undrop``; without it all its dumps go, too.
        """
        self.transport.run(operations.drop_database(self.tenant, self.name, keep_dump=keep_dump))

    def data(self, table: str, *, key: str | None = None) -> TableClient:
        """A table through the REST API, as ``key`` (an API key or a signed token) may see it."""
        named = table if self._name is None else f"{self._name}.{table}"
        return TableClient(self.transport, self.tenant, named, key)

    def _graph(self) -> tuple[str, str | None]:
        return self.tenant, self._name

    def __repr__(self) -> str:
        return f"dbaas.DatabaseClient({self.tenant!r}, {self._name!r})"

    def _statement(self, text: str, params: Parameters) -> BoundStatement:
        values: Sequence[Any]
        if isinstance(params, Mapping):
            bound = bind(text, params)
            text, values = bound.text, bound.values
        else:
            values = params or ()
        return BoundStatement(self.transport, self.tenant, self._name, text, tuple(values))

    @staticmethod
    def _secret(database: Database) -> Secret:
        assert database.connection_string is not None
        return database.connection_string


@dataclass(frozen=True, slots=True)
class BoundStatement:
    """A statement with its values on its database; what a :class:`~dbaas.results.Result` pages through."""

    transport: Transport
    tenant: str
    database: str | None
    text: str
    values: tuple[Any, ...]

    def page(self, *, max_rows: int | None = None, offset: int | None = None, count: bool = False) -> Page:
        """Rows as JSON gives them."""
        operation = operations.query(
            self.tenant, self.database, self.text, self.values, max_rows=max_rows, offset=offset, count=count
        )
        return self.transport.run(operation)

    def arrow(self, *, max_rows: int | None = None, offset: int | None = None) -> pa.Table:
        """Rows as a typed table, twin names numbered."""
        operation = operations.query_arrow(
            self.tenant, self.database, self.text, self.values, max_rows=max_rows, offset=offset
        )
        table = self.transport.run(operation)
        named = table.rename_columns(distinct(table.column_names))
        return named.replace_schema_metadata(table.schema.metadata)
