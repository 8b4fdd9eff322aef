"""What a command works with: the client, the shell's variables, and the current tenant and database."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .arguments import Arguments
from .client import Client, DatabaseClient, TenantClient
from .errors import DbaasError, UsageError

if TYPE_CHECKING:
    from .documents import Mongo

__all__ = ["NO_DATABASE", "NO_TENANT", "Context"]

NO_TENANT = "%dbaas tenant create acme"
NO_DATABASE = "%dbaas create postgres shop"


@dataclass(slots=True)
class Context:
    """One shell's state.

    Attributes:
        client: the platform.
        variables: the notebook's.
        ask: puts a question to the person and says whether they agreed; raises ``UsageError`` where nobody can be
            asked.
        ask_secret: the same for what is not shown while it is typed.
        tenant, database: current ones, as ``%dbaas use`` set them.
        documents: document databases that cells used, by tenant and name; their connections stay open.
    """

    client: Client
    variables: MutableMapping[str, Any]
    ask: Callable[[str], bool]
    ask_secret: Callable[[str], str]
    tenant: str | None = None
    database: str | None = None
    registered: dict[str, tuple[str, str]] = field(default_factory=dict)  # %%sql's alias → tenant, database
    documents: dict[tuple[str, str], Mongo] = field(default_factory=dict)

    def forget_documents(self, tenant: str, database: str) -> None:
        """Close the connection that cells on a document database used; the next one opens another."""
        mongo = self.documents.pop((tenant, database), None)
        if mongo is not None:
            mongo.close()

    def chosen_tenant(self, arguments: Arguments) -> TenantClient:
        """The tenant of ``--tenant``, else the current one, else the only one there is.

        Raises:
            DbaasError: there is none, or there are several and none was chosen.
        """
        named = arguments.get("tenant")
        if named is not None:
            return self.client.tenant(self.subdomain(named))
        if self.tenant is not None:
            return self.client.tenant(self.tenant)
        tenants = self.client.tenants()
        if not tenants:
            raise DbaasError("There is no tenant yet.", code="no_tenant", hint=NO_TENANT)
        if len(tenants) > 1:
            known = ", ".join(tenant.subdomain for tenant in tenants[:8])
            raise UsageError(f"Which tenant? There are {known}.", hint="%dbaas use NAME, or --tenant NAME.")
        self.tenant = tenants[0].subdomain
        return self.client.tenant(self.tenant)

    def subdomain(self, name: str) -> str:
        """A tenant's subdomain by either of its names; an unknown name is left for the server to refuse."""
        if name == name.lower() and " " not in name:
            return name
        return next((each.subdomain for each in self.client.tenants() if each.name == name), name)

    def chosen_database(self, arguments: Arguments, word: str | None = None) -> DatabaseClient:
        """The database of ``word`` (``name`` or ``tenant/name``) or ``--database``, else the current or default one."""
        named = word or arguments.get("database")
        if named is not None and "/" in named:
            tenant, _, name = named.partition("/")
            return self.client.tenant(self.subdomain(tenant)).database(name)
        tenant_client = self.chosen_tenant(arguments)
        if named is not None:
            return tenant_client.database(named)
        if self.database is not None and tenant_client.name == self.tenant:
            return tenant_client.database(self.database)
        default = tenant_client.info().default_database
        if default is None:
            default = _only_one(tenant_client)
        return tenant_client.database(default)

    def place(self, arguments: Arguments, word: str) -> tuple[TenantClient, str]:
        """The tenant and the name that ``word`` (``name`` or ``tenant/name``) gives a database that is not there."""
        tenant, slash, name = word.rpartition("/")
        return (self.client.tenant(self.subdomain(tenant)) if slash else self.chosen_tenant(arguments)), name

    def chosen_endpoint(self, arguments: Arguments, word: str | None = None) -> tuple[str, str | None]:
        """Tenant and database of ``word`` or in use; None for a database is all that the tenant has."""
        if word is None and (self.database is None or arguments.get("tenant") is not None):
            return self.chosen_tenant(arguments).name, None
        database = self.chosen_database(arguments, word)
        return database.tenant, database.name

    def bind(self, target: str | None, value: Any) -> bool:
        """Put ``value`` into the variable ``target``; False when none was named."""
        if target is None:
            return False
        self.variables[target] = value
        return True


def _only_one(tenant: TenantClient) -> str:
    """Document databases are nobody's default; where there is one database, that is meant."""
    names = [database.name for database in tenant.databases()]
    if not names:
        raise DbaasError(f"The tenant {tenant.name} has no database yet.", code="no_database", hint=NO_DATABASE)
    if len(names) > 1:
        raise UsageError(f"Which database? There are {', '.join(names[:8])}.", hint="%dbaas use NAME.")
    return names[0]
