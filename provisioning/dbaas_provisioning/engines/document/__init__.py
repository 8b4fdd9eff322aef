"""Document databases: MongoDB's clients outside, a PostgreSQL cluster of the tenant's own inside.

1. The cluster is PostgreSQL's as the engine of that name describes it, but another than the tenant's SQL databases
   have: neither slows the other down, and no login of one opens the other.
2. One document database is one PostgreSQL database. It has one role, which the platform alone logs in with; nobody
   writes SQL here, so there are no API roles, no exposure and no publication.
3. What people carry is a user of the door's, ``tenant.database``. It opens nothing in PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...copies import Copies
from ...distribution import Distributes
from ...engine import Capabilities, Cost, Engine, Grant, Offer
from ...errors import Invalid
from ...nouns import Cluster, Credential, Database, Login, Plan, Tenant
from ...secrets import new_password
from ..postgres import PostgresEngine
from .copies import DocumentCopies

__all__ = ["ENGINE", "DocumentEngine"]

MB = 1024 * 1024
# Measured like PostgreSQL's, before anybody had opened the database: 25 MB (15: 19 MB), 40 MB and 7.3 MB.
COST = Cost(server_memory=26 * MB, server_disk=41 * MB, database_disk=8 * MB)

FORBIDDEN = frozenset('/\\. "$*<>:|?')  # MongoDB: "Naming Restrictions", of all systems
RESERVED = frozenset({"admin", "config", "local"})  # MongoDB's own databases


class DocumentEngine(PostgresEngine):
    """The control half of document databases: PostgreSQL's, but for what is in a database and who comes to it."""

    name = "document"
    can = Capabilities(documents=True)
    copies: Copies | None = DocumentCopies()
    distributes: Distributes | None = None
    offer = Offer(
        title="Documents",
        description="Collections of JSON-like documents, for MongoDB's clients and its shell's language in cells.",
        server="document server",
        cost=COST,
        steps=("Making an empty database", "Closing it to everybody but the platform"),
        forbidden="".join(sorted(FORBIDDEN)),
        reserved=RESERVED,
    )

    def check_options(self, options: Mapping[str, str]) -> Mapping[str, str]:
        """There are none. Raises ``Invalid`` (``unknown_option``)."""
        if options:
            raise Invalid("unknown_option", f"A document database has no option {min(options)!r}.")
        return {}

    def check_name(self, name: str) -> None:
        """Raises ``Invalid`` (``invalid_name``, ``reserved_name``) for what MongoDB's clients refuse to send."""
        if FORBIDDEN & set(name):
            raise Invalid(
                "invalid_name",
                "This cannot be a document database's name.",
                hint="MongoDB's clients refuse names with a space or one of / \\ . \" $ * < > : | ?",
            )
        if name in RESERVED:
            raise Invalid("reserved_name", f"{name!r} is one of MongoDB's own databases.", hint="Choose another name.")

    async def prepare_cluster(self, cluster: Cluster, superuser: Credential) -> None:
        """No way in for anybody without a database of their own. Safe to repeat."""
        from ..postgres.administrator import administrator, script

        async with administrator(cluster, superuser) as connection:
            await connection.execute(script("closed"))

    async def create_database(
        self,
        cluster: Cluster,
        superuser: Credential,
        tenant: Tenant,
        plan: Plan,
        name: str,
        options: Mapping[str, str],
        begin: Callable[[], None],
    ) -> Grant:
        """Make an isolated database. On any failure nothing is left behind.

        Raises ``Conflict`` (``database_exists``), ``Unavailable``, and what the checks raise.
        """
        from .create import create_database

        self.check_options(options)
        self.check_name(name)
        return await create_database(cluster, superuser, tenant, plan, name, begin)

    async def prepare_database(self, cluster: Cluster, superuser: Credential, database: Database) -> None:
        """Nothing: what documents need is made by who opens the database."""

    def renewed(self, logins: Mapping[Login, Credential]) -> Mapping[Login, Credential]:
        """For the user ``tenant.database``; the platform's own role is nobody's but the platform's."""
        return {Login.owner: Credential(logins[Login.owner].username, new_password())}

    async def rotate(
        self, cluster: Cluster, superuser: Credential, database: Database, logins: Mapping[Login, Credential]
    ) -> None:
        """Nothing: PostgreSQL does not know that user."""

    async def withhold(self, cluster: Cluster, superuser: Credential, database: Database) -> None:
        """Nobody but the platform's own role writes here, and its door refuses what adds to documents.

        What was removed already is given back to the system meanwhile: nobody can ask for that at the door.
        """
        from ..postgres.storage import vacuum

        await vacuum(cluster, superuser, database.physical_name)

    async def give_back(self, cluster: Cluster, superuser: Credential, database: Database) -> None:
        """Nothing was taken."""


ENGINE: Engine = DocumentEngine()
