"""Persons and what they may do, as this process remembers it until it changes."""

from __future__ import annotations

import time
from dataclasses import dataclass

from dbaas_provisioning.errors import Unauthorized
from dbaas_provisioning.nouns import Right, Standing
from dbaas_provisioning.persons import check_person
from dbaas_provisioning.platform import Platform

from .refusals import Hidden, NotAllowed

__all__ = ["Asker", "Persons"]

_REMEMBERED = 20_000
_UNTIL_TOLD = 3600.0  # seconds; changes are told, this only bounds what is remembered


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks at a control door.

    Attributes:
        actor: for the audit: a person, or an admin key's prefix.
        standing: on what they may ask for with what they came with.
        person: None for a key.
        bound: to one tenant, by their token.
        until: as of ``time.time``; ask again then at the latest.
        ends: when what they came with does; None where somebody else vouches for them.
    """

    actor: str
    standing: Standing
    person: str | None
    until: float
    bound: bool = False
    ends: float | None = None

    def right_on(self, tenant: str) -> Right:
        """Raises ``NotFound`` (``tenant_not_found``) without one, as when there is no such tenant."""
        right = self.standing.on(tenant)
        if right is None:
            raise Hidden(self.actor, tenant)
        return right

    def require(self, tenant: str, right: Right) -> None:
        """Raises ``NotFound`` (``tenant_not_found``) without any right on a tenant, ``Forbidden`` (``right_needed``)
        with too little.
        """
        if not (held := self.right_on(tenant)).includes(right):
            raise NotAllowed(
                self.actor,
                "right_needed",
                f"That needs the right to {right} {tenant!r}; yours is to {held} it.",
                hint="Ask somebody who administers the tenant.",
            )

    def require_operator(self) -> None:
        """Raises ``Forbidden`` (``not_an_operator``)."""
        if not self.standing.operator:
            raise NotAllowed(self.actor, "not_an_operator", "That needs an operator of this platform.")

    def require_unbound(self) -> None:
        """Raises ``Forbidden`` (``token_bound``) when the token is one tenant's only."""
        if self.bound:
            raise NotAllowed(
                self.actor, "token_bound", "That token is for one tenant only.", hint="Use one without that bound."
            )


class Persons:
    """Looks persons up."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._known: dict[str, Standing] = {}
        self._changes = 0
        platform.on_change(self._forget)

    def _forget(self, kind: str, identity: str) -> None:
        # A tenant of a name may be another one now; after a break anything may be otherwise.
        if kind in ("member", "tenant") or not identity:
            self._changes += 1
            self._known.clear()

    async def standing(self, person: str) -> Standing:
        """What a person may do now."""
        known = self._known.get(person)
        if known is None:
            changes = self._changes
            known = await self._platform.members.standing(person)
            if changes == self._changes:  # else it may be of before the change
                if len(self._known) >= _REMEMBERED:
                    self._known.clear()
                self._known[person] = known
        return known

    async def signed_in(self, person: str) -> Asker:
        """Somebody whom Jupyter let in. Raises ``Invalid`` (``invalid_person``) for a name that nobody can have."""
        check_person(person)
        return Asker(person, await self.standing(person), person, time.time() + _UNTIL_TOLD)

    async def with_token(self, token: str) -> Asker:
        """Who a person's token names. Raises ``Unauthorized`` (``token_expired``, ``token_invalid``)."""
        found = self._platform.members.read_token(token)
        standing = await self.standing(found.person)
        if found.epoch != standing.epoch or found.id in standing.ended:
            raise Unauthorized("token_invalid", "The token was ended.", hint="Log in again.")
        bound = found.tenant is not None
        if found.tenant is not None:
            standing = standing.only(found.tenant)
        return Asker(found.person, standing, found.person, found.expires_at, bound, found.expires_at)
