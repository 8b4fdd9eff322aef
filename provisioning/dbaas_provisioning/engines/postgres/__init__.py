"""PostgreSQL, the engine that is always there.

1. One cluster per tenant: role names, WAL, slots, connections and caches of tenants never mix.
2. Three cluster-wide roles answer for the API: ``anon``, ``authenticated`` and ``service_role``. What the platform
   grants automatically goes to a fourth, ``api_exposed``, that the first two inherit: so an explicit GRANT stays the
   tenant's own.
3. Each database has three logins with opaque names. The one that serves ``anon`` and ``authenticated`` is no member of
   ``service_role``, whatever a function called over it may try.
4. The platform owns the database, the schemas ``auth`` and ``extensions`` and the publication; the tenant the rest.
5. What runs as superuser inside a tenant's database resolves names in ``pg_catalog`` only.
6. The SQL is in ``sql/``, in psql's own syntax for variables.
"""

from __future__ import annotations

from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from ...copies import Copies
from ...distribution import Distributes
from ...engine import (
    Ability,
    Address,
    Binaries,
    Capabilities,
    ClusterSpec,
    Engine,
    Grant,
    LaunchPlan,
    UpgradePlan,
    Watch,
)
from ...errors import Invalid
from ...nouns import Cluster, Credential, Database, Login, Plan, Powers, Tenant, Usage, Vitals
from ...secrets import new_password
from . import binaries, greeting, launch
from .citus import Citus
from .copies import PostgresCopies
from .offer import EXPOSE, OFFER

__all__ = ["ENGINE", "PostgresEngine"]


class PostgresEngine:
    """The control half of PostgreSQL. Methods that talk to a server import the driver then, not before."""

    name = "postgres"
    can = Capabilities(sql=True, transactions=True, row_policies=True, change_feed=True, rpc=True, bulk_load=True)
    offer = OFFER
    copies: Copies | None = PostgresCopies()
    distributes: Distributes | None = Citus()

    def find_binaries(self, home_packages: Path, *, major: str | None = None, origin: str | None = None) -> Binaries:
        """See :meth:`dbaas_provisioning.engine.Engine.find_binaries`."""
        return binaries.find(home_packages, major=major, origin=origin)

    def plan(self, spec: ClusterSpec) -> LaunchPlan:
        """How to run a cluster. Pure."""
        return launch.plan(spec)

    def check_options(self, options: Mapping[str, str]) -> Mapping[str, str]:
        """``expose``: ``policies`` (the default) or ``all``.

        Raises ``Invalid``: ``unknown_option``, ``invalid_exposure``.
        """
        if unknown := sorted(set(options) - {EXPOSE.name}):
            raise Invalid("unknown_option", f"PostgreSQL has no option {unknown[0]!r}.", hint="Options: expose.")
        exposures = [choice.value for choice in EXPOSE.choices]
        exposure = options.get("expose", exposures[0])
        if exposure not in exposures:
            raise Invalid(
                "invalid_exposure", f"{exposure!r} is no way to expose tables.", hint="Use 'policies' or 'all'."
            )
        return {"expose": exposure}

    def check_name(self, name: str) -> None:
        """PostgreSQL takes any name that the platform does."""

    async def ready(self, cluster: Cluster, superuser: Credential) -> None:
        """Return once an authenticated connection works, to this cluster and no other."""
        from .administrator import administrator

        async with administrator(cluster, superuser, connect_timeout=5):
            return

    async def greet(self, reader: StreamReader, writer: StreamWriter) -> bytes | None:
        """See :meth:`dbaas_provisioning.engine.Engine.greet`."""
        return await greeting.greet(reader, writer)

    def turn_away(self) -> bytes:
        """See :meth:`dbaas_provisioning.engine.Engine.turn_away`."""
        return greeting.turn_away()

    async def prepare_cluster(self, cluster: Cluster, superuser: Credential) -> None:
        """The API roles, and no way in for anybody without a database of their own. Safe to repeat."""
        from .administrator import administrator, script

        async with administrator(cluster, superuser) as connection:
            await connection.execute(script("roles"))
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

        Raises ``Conflict`` (``database_exists``), ``Unavailable``, and what :meth:`check_options` raises.
        """
        from .create import create_database

        return await create_database(cluster, superuser, plan, name, self.check_options(options)["expose"], begin)

    async def prepare_database(self, cluster: Cluster, superuser: Credential, database: Database) -> None:
        """Its publication, as new databases have it, and a right replica identity for every table. Safe to repeat."""
        if not cluster.powers.superuser:
            return await self.tend(cluster, superuser, database)
        from .prepare import prepare_database

        await prepare_database(cluster, superuser, database.physical_name)
        return None

    async def tend(self, cluster: Cluster, superuser: Credential, database: Database) -> None:
        """Where the administrator is no superuser: grants and publication, as event triggers keep them elsewhere."""
        if not cluster.powers.superuser:
            from .prepare import tend_database

            await tend_database(cluster, superuser, database)

    def parse_address(self, text: str) -> Address:
        """A connection string. Raises ``Invalid`` (``invalid_dsn``)."""
        from .dsn import parse

        return parse(text)

    async def probe(self, cluster: Cluster, superuser: Credential) -> Powers:
        """See :func:`dbaas_provisioning.engines.postgres.powers.probe`."""
        from .powers import probe

        return await probe(cluster, superuser)

    def abilities(self, cluster: Cluster) -> Sequence[Ability]:
        """What the platform promises, and whether it holds on this server. Pure."""
        from .powers import abilities

        return list(abilities(cluster))

    async def drop_database(self, cluster: Cluster, superuser: Credential, database: Database) -> None:
        """Remove the database and its logins, ending its sessions. Safe to repeat."""
        from .drop import drop_database

        await drop_database(cluster, superuser, database.physical_name)

    def renewed(self, logins: Mapping[Login, Credential]) -> Mapping[Login, Credential]:
        """New secrets for every login."""
        return {login: Credential(old.username, new_password()) for login, old in logins.items()}

    async def rotate(
        self, cluster: Cluster, superuser: Credential, database: Database, logins: Mapping[Login, Credential]
    ) -> None:
        """Have these secrets hold; sessions of logins that get new ones are ended. Safe to repeat."""
        from .rotate import rotate

        await rotate(cluster, superuser, logins.values())

    async def limit(self, cluster: Cluster, superuser: Credential, database: Database, plan: Plan) -> None:
        """Apply a plan's limits."""
        from .limits import apply_limits

        await apply_limits(cluster, superuser, database.physical_name, plan)

    def watch(self, cluster: Cluster, superuser: Credential) -> Watch:
        """A watch on a running cluster; it connects with its first look."""
        from . import watching

        return watching.Watch(cluster, superuser)

    async def withhold(self, cluster: Cluster, superuser: Credential, database: Database) -> None:
        """Refuse whatever adds to a database; what reads or removes goes on. Safe to repeat."""
        from .storage import withhold

        await withhold(cluster, superuser, database.physical_name)

    async def give_back(self, cluster: Cluster, superuser: Credential, database: Database) -> None:
        """Undo :meth:`withhold`. Safe to repeat."""
        from .storage import give_back

        await give_back(cluster, superuser, database.physical_name)

    async def room(self, cluster: Cluster, superuser: Credential) -> int:
        """How many connections of a tenant's the running server has room for."""
        from .limits import room

        return await room(cluster, superuser)

    async def usage(self, cluster: Cluster, superuser: Credential, database: Database) -> Usage:
        """Size and connections now. The limits in the answer are zero: they are the tenant's, not the engine's."""
        from .limits import usage

        return await usage(cluster, superuser, database.physical_name)

    async def vitals(self, cluster: Cluster, superuser: Credential, database: Database) -> Vitals:
        """How it is doing, by its server's counters."""
        from .vitals import vitals

        return await vitals(cluster, superuser, database.physical_name)

    def missing_tools(self, old: Binaries, new: Binaries) -> Sequence[str]:
        """pg_upgrade and what it calls."""
        from .upgrade import missing_tools

        return missing_tools(old, new)

    async def before_upgrade(self, cluster: Cluster, superuser: Credential, to: Binaries) -> Mapping[str, str]:
        """Locale and checksums. Raises ``Unsupported`` (``extensions_missing``, ``locales_missing``)."""
        from .upgrade import before_upgrade

        return await before_upgrade(cluster, superuser, to)

    async def drop_slots(self, cluster: Cluster, superuser: Credential) -> None:
        """Logical slots, from 17 on: earlier ones are left behind by pg_upgrade."""
        from .upgrade import drop_slots

        await drop_slots(cluster, superuser)

    def upgrade_plan(
        self, old: ClusterSpec, new: ClusterSpec, like: Mapping[str, str], folder: Path, *, clone: bool
    ) -> UpgradePlan:
        """pg_upgrade, over copies or clones of the files. Pure."""
        from .upgrade import upgrade_plan

        return upgrade_plan(old, new, like, folder, clone=clone)

    async def after_upgrade(self, cluster: Cluster, superuser: Credential) -> None:
        """Extensions to the versions that the new build has. Safe to repeat."""
        from .upgrade import after_upgrade

        await after_upgrade(cluster, superuser)

    async def analyze(self, cluster: Cluster, superuser: Credential) -> None:
        """``ANALYZE`` in every database. Safe to repeat."""
        from .upgrade import analyze

        await analyze(cluster, superuser)

    def connection_string(self, cluster: Cluster, database: str, login: Credential) -> str:
        """A URL for psql and everything else on libpq, and for SQLAlchemy.

        A name with anything but plain characters goes into the query part: libpq decodes both places, SQLAlchemy only
        that one.
        """
        host = cluster.endpoint.host
        where = f"{f'[{host}]' if ':' in host else host}:{cluster.endpoint.port}"
        who = quote(login.username, safe="") + (f":{quote(login.secret, safe='')}" if login.secret else "")
        encoded = quote(database, safe="")
        said = {} if encoded == database else {"dbname": encoded}
        said |= {name: quote(value, safe="") for name, value in cluster.endpoint.protection.items()}
        query = "&".join(f"{name}={value}" for name, value in said.items())
        return f"postgresql://{who}@{where}/{encoded if encoded == database else ''}{'?' if query else ''}{query}"


ENGINE: Engine = PostgresEngine()
