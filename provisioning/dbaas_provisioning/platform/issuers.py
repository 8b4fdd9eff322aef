"""OpenID providers whose word the platform takes for who somebody is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from ..errors import Invalid
from ..meta.store import Store
from ..nouns import OidcIssuer
from .audit import audited

__all__ = ["Issuers", "is_trustworthy"]

NAME = re.compile(r"[a-z][a-z0-9-]{0,38}")
LONGEST_URL = LONGEST_AUDIENCE = 300  # characters
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Issuers:
    """The registered ones. ``actor`` and errors as :class:`Platform` says."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def all(self) -> Sequence[OidcIssuer]:
        """By name."""
        return await self._store.members.issuers()

    async def add(self, name: str, issuer: str, audience: str, *, actor: str) -> None:
        """Take a provider's word from now on.

        Args:
            issuer: its URL, letter for letter as its tokens name it.
            audience: the client id that its tokens for this platform are made for.

        Raises ``Invalid`` (``invalid_name``, ``invalid_issuer``, ``invalid_audience``), ``Conflict``
        (``issuer_exists``).
        """
        async with audited(
            self._store, "add_issuer", actor, None, name[:LONGEST_URL], {"issuer": issuer[:LONGEST_URL]}
        ):
            if not NAME.fullmatch(name):
                raise Invalid("invalid_name", "A name has up to 39 small letters, digits and dashes.")
            if len(issuer) > LONGEST_URL or not is_trustworthy(issuer) or {"#", "?"} & set(issuer):
                raise Invalid("invalid_issuer", "A provider is an https:// URL without a query, as its tokens name it.")
            if not 0 < len(audience) <= LONGEST_AUDIENCE or not audience.isprintable():
                raise Invalid("invalid_audience", f"An audience has 1 to {LONGEST_AUDIENCE} characters.")
            await self._store.members.add_issuer(name, issuer, audience)

    async def remove(self, name: str, *, actor: str) -> None:
        """Nobody signs in with it any more, and tokens of those who did are void. Raises ``NotFound``
        (``issuer_not_found``).
        """
        async with audited(self._store, "remove_issuer", actor, None, name[:LONGEST_URL]):
            await self._store.members.remove_issuer(name)


def is_trustworthy(url: str) -> bool:
    """Whether nobody on the way could answer in the name of whoever this is: HTTPS, or this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.password is not None or not url.isprintable() or " " in url:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
