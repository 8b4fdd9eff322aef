"""What exists, as far as it is known by now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from .. import discovery, graphql, lifecycle_operations, operations
from ..client import Client
from ..context import Context
from ..lookup import Lookup
from ..nouns import Schema, Table
from ..operations import Suggestions
from ..params import is_own

__all__ = ["Names"]

T = TypeVar("T")

SECONDS = 5.0  # for one answer, on the completion's own thread
STATEMENT_SECONDS = 3.0  # … for one about a statement, which is another one soon
STATEMENT_WAIT_SECONDS = 0.7  # less than the second after which JupyterLab shows what others suggest
GRAPHQL_SECONDS = 30.0  # a schema is large, and changes seldom: this long it is taken as it is
LIMIT = 200  # more suggestions than that nobody reads


class Names:
    """Tenants, databases, tables, variables, and what the server suggests; none of it is waited for long."""

    def __init__(self, context: Context, lookup: Lookup) -> None:
        self._context = context
        self._lookup = lookup

    @property
    def variables(self) -> Iterable[str]:
        """The notebook's."""
        return [name for name in self._context.variables if is_own(name)]

    def frames(self) -> Iterable[str]:
        """Variables that hold a table."""
        return [name for name in self.variables if hasattr(self._context.variables[name], "columns")]

    def mappings(self) -> Iterable[str]:
        """Variables that hold names with values."""
        return [name for name in self.variables if isinstance(self._context.variables[name], Mapping)]

    def texts(self) -> Iterable[str]:
        """Variables that hold a text."""
        return [name for name in self.variables if isinstance(self._context.variables[name], str)]

    def tenants(self) -> list[str]:
        """Every tenant's name in URLs."""

        def fetch(client: Client) -> list[str]:
            return [each.subdomain for each in client.transport.run(operations.tenants(), seconds=SECONDS)]

        return self._ask("tenants", fetch, [])

    def databases(self, tenant: str | None = None) -> list[str]:
        """A tenant's, by default the one in use."""
        name = tenant or self._tenant()
        if name is None:
            return []

        def fetch(client: Client) -> list[str]:
            return [each.name for each in client.transport.run(operations.databases(name), seconds=SECONDS)]

        return self._ask(("databases", name), fetch, [])

    def dropped(self, tenant: str | None) -> list[str]:
        """Databases of a tenant, by default the one in use, that can be brought back."""
        name = tenant or self._tenant()
        if name is None:
            return []

        def fetch(client: Client) -> list[str]:
            asked = lifecycle_operations.undroppable(name)
            return [each.database for each in client.transport.run(asked, seconds=SECONDS)]

        return self._ask(("dropped", name), fetch, [])

    def dumps(self, tenant: str | None, database: str) -> list[str]:
        """The ids of a database's dumps, newest first."""
        owner = tenant or self._tenant()
        if owner is None:
            return []

        def fetch(client: Client) -> list[str]:
            asked = lifecycle_operations.dumps(owner, database)
            return [each.id for each in client.transport.run(asked, seconds=SECONDS)]

        return self._ask(("dumps", owner, database), fetch, [])

    def clusters(self) -> list[str]:
        """Servers that run elsewhere."""

        def fetch(client: Client) -> list[str]:
            return [each.name for each in client.transport.run(operations.clusters(), seconds=SECONDS)]

        return self._ask("clusters", fetch, [])

    def tables(self) -> Sequence[Table]:
        """Of the database that is in use."""
        found = self._database(None, None)
        if found is None:
            return ()

        def fetch(client: Client) -> Schema:
            return client.transport.run(operations.schema(*found), seconds=SECONDS)

        return self._ask(("schema", *found), fetch, Schema(0, ())).tables

    def suggested(self, tenant: str | None, database: str | None, text: str, position: int) -> Suggestions | None:
        """What may stand in a statement at a position; None while that is not known."""
        found = self._database(tenant, database)
        if found is None:
            return None

        def fetch(client: Client) -> Suggestions | None:
            asked = operations.complete(*found, text, position, LIMIT)
            return client.transport.run(asked, seconds=STATEMENT_SECONDS)

        key = ("complete", *found, text, position)
        return self._ask(key, fetch, None, wait_seconds=STATEMENT_WAIT_SECONDS, instead_of="complete")

    def graphql(self, tenant: str | None = None, database: str | None = None) -> graphql.Schema:
        """What can be asked with GraphQL where a cell's first line says."""
        owner = tenant or self._tenant()
        if owner is None:
            return graphql.Schema()
        name = database or (self._context.database if tenant is None else None)

        def fetch(client: Client) -> graphql.Schema:
            asked = operations.graphql(owner, name, graphql.QUERY)
            answer = client.transport.run(asked, seconds=SECONDS)
            return graphql.Schema.of(answer)

        return self._ask(("graphql", owner, name), fetch, graphql.Schema(), fresh_seconds=GRAPHQL_SECONDS)

    def _tenant(self) -> str | None:
        if self._context.tenant is not None:
            return self._context.tenant
        tenants = self.tenants()
        return tenants[0] if len(tenants) == 1 else None

    def _database(self, tenant: str | None, database: str | None) -> tuple[str, str] | None:
        """The tenant and the database that a cell runs on: those named, else those in use, else the default ones."""
        owner = tenant or self._tenant()
        if owner is None:
            return None
        name = database or (self._context.database if owner == self._context.tenant else None)
        if name is None:

            def fetch(client: Client) -> str | None:
                return client.transport.run(operations.tenant(owner), seconds=SECONDS).default_database

            name = self._ask(("default", owner), fetch, None)
        if name is None:
            databases = self.databases(owner)
            name = databases[0] if len(databases) == 1 else None
        return None if name is None else (owner, name)

    def _ask(
        self,
        key: Any,
        fetch: Callable[[Client], T],
        default: T,
        *,
        fresh_seconds: float | None = None,
        wait_seconds: float | None = None,
        instead_of: str | None = None,
    ) -> T:
        def found() -> T:
            # Completion starts no platform: where none runs there is nothing to complete.
            return default if discovery.find() is None else fetch(self._context.client)

        return self._lookup.get(
            key, found, default, fresh_seconds=fresh_seconds, wait_seconds=wait_seconds, instead_of=instead_of
        )
