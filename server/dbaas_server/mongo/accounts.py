"""Who may log in at the door, and which document databases are behind it. The platform implements it; tests do, too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ..documents.engine import Engine
from .scram import Verifier

__all__ = ["Account", "Accounts"]


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can log in.

    Attributes:
        user: the name, ``tenant`` or ``tenant.database``, as SCRAM carries it.
        tenant: whose databases these are, by what no later tenant of that name has. Cursors, sessions and operations
            of one tenant are never another's.
        database: the only one that may be seen; None: all of the tenant's.
        verifier: of the password as it is now.
        stamp: of the tenant, the database and the password: an account with another one is another account.
    """

    user: str
    tenant: str
    database: str | None
    verifier: Verifier
    stamp: bytes


class Accounts(Protocol):
    """The accounts of all tenants. Called by many connections at once.

    Methods may raise ``DbaasError`` (``Unavailable`` when the platform or a database's cluster cannot be reached).
    """

    async def account(self, user: str) -> Account | None:
        """The account of that user name, read anew with every login: a rotated password holds at once."""
        ...

    def on_change(self, changed: Callable[[], None]) -> None:
        """Have it said when accounts may have changed: a password, or a tenant or database that is no more."""
        ...

    async def databases(self, account: Account) -> list[str]:
        """The document databases that the account may see."""
        ...

    async def engine(self, account: Account, database: str, *, create: bool) -> Engine | None:
        """A database's engine, awake and started; it stays open, and whoever asks does not close it.

        Called with every command: an engine that is open is found without waiting for anything.

        Args:
            create: make the platform's database when it is not there, as the first write does.

        Returns:
            None when it is not there and is not to be made; never where it is to be made.

        Raises:
            DocumentError: ``Unauthorized`` for a database that the account may not see, or that is another one by
                now; ``InvalidNamespace`` for a name that no database can have.
        """
        ...

    async def drop(self, account: Account, database: str) -> None:
        """Remove the platform's database; nothing happens when it is not there.

        Raises:
            DocumentError: ``Unauthorized``.
        """
        ...
