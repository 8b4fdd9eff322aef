"""The part of an engine's control half that copies databases: to a file, from one, from elsewhere, beside each other.

Like the rest of the seam it is stateless, and importing it imports no driver. What is on its way is recorded by who
calls: every name that appears in a server is given as an argument, so that :meth:`Copies.clear` finds it again after
whoever made it was killed.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from .nouns import Cluster, Credential, Database, Login

__all__ = ["Aside", "Contents", "Copies", "Extension", "Told", "new_working_login"]

Told = Callable[[int, int], None]
"""How far a copy is: tables that are done, and how many there are."""

BASE32 = "abcdefghijklmnopqrstuvwxyz234567"


@dataclass(frozen=True, slots=True)
class Extension:
    """One that a database uses."""

    name: str
    version: str
    schema: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What a dump is of, as its server told before it was made.

    Attributes:
        server_version: in full.
        schemas: those that are in the dump.
        left_out: schemas that are not, since the platform has its own of that name.
        owner: the role that the objects belong to there.
        tables: how many there are.
        withheld: statements that give back what the platform withheld there because storage was full.
    """

    server_version: str
    schemas: tuple[str, ...]
    left_out: tuple[str, ...]
    extensions: tuple[Extension, ...]
    owner: str
    tables: int
    withheld: tuple[str, ...] = ()

    @property
    def major(self) -> str:
        """The server's major version."""
        return self.server_version.split(".")[0]


@dataclass(frozen=True, slots=True)
class Aside:
    """Databases that are there for the length of an exchange: the new one, and the one that it takes the place of."""

    fresh: str
    former: str


def new_working_login() -> str:
    """The name of a login that exists for the length of one piece of work."""
    return f"w_{''.join(secrets.choice(BASE32) for _ in range(12))}"


class Copies(Protocol):
    """Nothing here runs as anything but a working login: a member of the database's owner, and of nobody else.

    Only what the platform itself keeps in a database is made and looked at by the cluster's administrator.
    Every method raises ``Unavailable`` when the server cannot be reached.
    """

    def check_tools(self, packages: Path, major: str) -> None:
        """Whether the programs are here that copy a server of this version. Raises ``Unavailable``."""
        ...

    async def contents(
        self, cluster: Cluster, superuser: Credential, database: Database, logins: Mapping[Login, Credential]
    ) -> Contents:
        """What a dump of a database would be of."""
        ...

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
        """Write a database to a file. Row policies leave nothing out.

        Args:
            working: the working login's name.
            packages: the folder of engines' binaries.
            archive: descriptor of an empty file that can be read, written and sought in.

        Raises ``Unavailable`` (``dump_failed``), ``Invalid`` (``row_security_forced``).
        """
        ...

    async def check(self, cluster: Cluster, superuser: Credential, contents: Contents) -> None:
        """Refuse what this server cannot take, by name. Raises ``Unsupported`` (``extension_missing``)."""
        ...

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
        """Fill a new, prepared database.

        Args:
            grants: whether the dump's own say what the API's roles may do; a new database's, otherwise.

        Raises ``Invalid``: ``dump_damaged``, ``restore_refused``.
        """
        ...

    async def make_aside(
        self, cluster: Cluster, superuser: Credential, name: str, logins: Mapping[Login, Credential], exposure: str
    ) -> None:
        """A prepared, empty database that has the logins of another."""
        ...

    async def exchange(self, cluster: Cluster, superuser: Credential, name: str, aside: Aside) -> None:
        """Put the new database in the place of the one of that name, in one step that ends all sessions of both."""
        ...

    async def source_contents(self, dsn: str, *, foreign: bool) -> Contents:
        """What a server that runs elsewhere has.

        Args:
            foreign: whoever gave the DSN may not have this machine's files and trust used for it.

        Raises ``Invalid`` (``invalid_dsn``), ``Unavailable`` (``source_unreachable``), ``Forbidden``
        (``source_refused``), ``Unsupported`` (``source_too_old``).
        """
        ...

    async def dump_source(
        self, dsn: str, contents: Contents, packages: Path, archive: int, told: Told, *, foreign: bool
    ) -> None:
        """Write a database that is elsewhere to a file. Raises as :meth:`dump` and :meth:`source_contents` do."""
        ...

    async def exchanged(self, cluster: Cluster, superuser: Credential, aside: Aside) -> bool:
        """Whether the exchange has happened, by whoever is not at it any more; false again after :meth:`clear`."""
        ...

    async def clear(self, cluster: Cluster, superuser: Credential, aside: Aside | None, working: str) -> None:
        """End the working login's sessions, then take away what a piece of work had for itself. Safe to repeat."""
        ...
