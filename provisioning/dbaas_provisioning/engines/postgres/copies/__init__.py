"""Copies of PostgreSQL databases: pg_dump and pg_restore, files of the server, an exchange.

1. What a tenant made runs as a working login: a member of the database's owner and of nobody else, gone at the end.
2. A dump is one file. The platform's schemas, publication and event triggers are not in it; they are made anew.
3. A restore fills a database beside, prepared as every new one, and changes places with it in one transaction.
4. Who may do what comes from the dump, for the roles that every database has; other roles get nothing from it.
5. What is on its way has names given by the caller: whoever finds them later knows what to take away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ....copies import Aside, Contents, Told
from ....nouns import Cluster, Credential, Database, Login
from .tools import find_tools

__all__ = ["PostgresCopies"]


class PostgresCopies:
    """Implements :class:`dbaas_provisioning.copies.Copies`.

    Attributes:
        keeper: the login that everything in a database belongs to.
    """

    keeper = Login.owner

    def check_tools(self, packages: Path, major: str) -> None:
        """See :meth:`dbaas_provisioning.copies.Copies.check_tools`."""
        find_tools(packages, major)

    async def contents(
        self, cluster: Cluster, superuser: Credential, database: Database, logins: Mapping[Login, Credential]
    ) -> Contents:
        """See :meth:`dbaas_provisioning.copies.Copies.contents`."""
        from ..administrator import administrator
        from .dump import contents_of, withheld_of

        async with administrator(cluster, superuser, database.physical_name) as connection:
            found = await contents_of(connection, logins[self.keeper].username)
            return replace(found, withheld=await withheld_of(connection))

    async def dump(
        self,
        cluster: Cluster,
        superuser: Credential,
        database: Database,
        logins: Mapping[Login, Credential],
        working: str,
        packages: Path,
        archive: int,
        told: Told,
        *,
        schema_only: bool = False,
    ) -> Contents:
        """See :meth:`dbaas_provisioning.copies.Copies.dump`."""
        from .dump import write
        from .working import where, working_login

        contents = await self.contents(cluster, superuser, database, logins)
        async with working_login(cluster, superuser, working, contents.owner, sees_every_row=True) as login:
            place = where(cluster, database.physical_name, login)
            await write(place, packages, archive, contents, told, schema_only=schema_only)
        return contents

    async def check(self, cluster: Cluster, superuser: Credential, contents: Contents) -> None:
        """See :meth:`dbaas_provisioning.copies.Copies.check`."""
        from .restore import check_extensions

        await check_extensions(cluster, superuser, contents)

    async def restore(
        self,
        cluster: Cluster,
        superuser: Credential,
        physical_name: str,
        logins: Mapping[Login, Credential],
        working: str,
        packages: Path,
        archive: int,
        contents: Contents,
        told: Told,
        *,
        grants: bool = True,
    ) -> None:
        """See :meth:`dbaas_provisioning.copies.Copies.restore`."""
        from .restore import fill

        owner = logins[self.keeper].username
        others = [each.username for each in logins.values()]
        await fill(
            cluster, superuser, physical_name, owner, others, working, packages, archive, contents, told, grants=grants
        )
        await self._settle(cluster, superuser, physical_name)

    async def make_aside(
        self, cluster: Cluster, superuser: Credential, name: str, logins: Mapping[Login, Credential], exposure: str
    ) -> None:
        """See :meth:`dbaas_provisioning.copies.Copies.make_aside`."""
        from ..administrator import administrator
        from ..create import fill_database
        from .aside import make

        await make(cluster, superuser, name)
        async with administrator(cluster, superuser, name) as inside:
            await fill_database(inside, name, logins, exposure, cluster.powers)

    async def exchange(self, cluster: Cluster, superuser: Credential, name: str, aside: Aside) -> None:
        """See :meth:`dbaas_provisioning.copies.Copies.exchange`."""
        from .aside import exchange

        await exchange(cluster, superuser, name, aside)

    async def source_contents(self, dsn: str, *, foreign: bool) -> Contents:
        """See :meth:`dbaas_provisioning.copies.Copies.source_contents`."""
        from . import source

        return await source.contents(source.place(dsn, foreign=foreign))

    async def dump_source(
        self, dsn: str, contents: Contents, packages: Path, archive: int, told: Told, *, foreign: bool
    ) -> None:
        """See :meth:`dbaas_provisioning.copies.Copies.dump_source`."""
        from . import source
        from .dump import write

        await write(source.place(dsn, foreign=foreign), packages, archive, contents, told)

    async def exchanged(self, cluster: Cluster, superuser: Credential, aside: Aside) -> bool:
        """See :meth:`dbaas_provisioning.copies.Copies.exchanged`."""
        from .aside import exchanged

        return await exchanged(cluster, superuser, aside)

    async def clear(self, cluster: Cluster, superuser: Credential, aside: Aside | None, working: str) -> None:
        """See :meth:`dbaas_provisioning.copies.Copies.clear`."""
        from .aside import clear

        await clear(cluster, superuser, aside, working)

    async def _settle(self, cluster: Cluster, superuser: Credential, physical_name: str) -> None:
        """A right replica identity for every table; without superuser that is done by looking after the database."""
        from ..prepare import prepare_database

        if cluster.powers.superuser:
            await prepare_database(cluster, superuser, physical_name)
