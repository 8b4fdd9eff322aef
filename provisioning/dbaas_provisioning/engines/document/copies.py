"""Copies of document databases: PostgreSQL's, of what the platform's own role keeps there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ...copies import Contents, Told
from ...nouns import Cluster, Credential, Login
from ..postgres.copies import PostgresCopies

__all__ = ["DocumentCopies"]


class DocumentCopies(PostgresCopies):
    """There are no API roles here, so that a dump has no rights to bring."""

    keeper = Login.service

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
        grants: bool = False,
    ) -> None:
        """See :meth:`dbaas_provisioning.copies.Copies.restore`."""
        await super().restore(
            cluster, superuser, physical_name, logins, working, packages, archive, contents, told, grants=False
        )

    async def make_aside(
        self, cluster: Cluster, superuser: Credential, name: str, logins: Mapping[Login, Credential], exposure: str
    ) -> None:
        """See :meth:`dbaas_provisioning.copies.Copies.make_aside`."""
        from ..postgres.administrator import administrator
        from ..postgres.copies.aside import make
        from .create import fill_database

        await make(cluster, superuser, name)
        async with administrator(cluster, superuser, name) as inside:
            await fill_database(inside, name, logins[self.keeper].username)

    async def _settle(self, cluster: Cluster, superuser: Credential, physical_name: str) -> None:
        """Nothing is published."""
