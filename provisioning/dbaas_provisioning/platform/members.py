"""Persons: what they may do, who invited them, and the tokens that they carry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from ..errors import Invalid
from ..meta.store import Store
from ..naming import check_subdomain
from ..nouns import Invitation, Member, Operator, Right, Standing
from ..persons import LONGEST_PERSON, check_person, is_local
from ..secrets import PersonToken, Vault, hash_key, new_invitation
from .audit import audited

__all__ = ["Members"]

INVITATION_VALID = timedelta(days=7)
LONGEST_NAME = 200  # characters, of whom an invitation is for
MOST_TENANTS_EACH = 10_000


class Members:
    """Rights and tokens. ``ref`` is a tenant's subdomain; errors and ``actor`` as :class:`Platform` says."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._vault = vault

    # --- who may what -----------------------------------------------------------------------------------------------

    async def standing(self, person: str) -> Standing:
        """What a person may do now. Somebody whom nobody knows may do nothing."""
        return await self._store.members.standing(person)

    async def members(self, ref: str) -> Sequence[Member]:
        """A tenant's, in the order in which they came. Operators are none of them."""
        return await self._store.members.members((await self._store.tenant(ref)).id)

    async def put(self, ref: str, person: str, right: Right, *, actor: str, as_operator: bool) -> Member:
        """Make somebody a member, whether they ever came here or not; or give a member another right.

        Raises ``Invalid`` (``invalid_person``), ``Conflict`` (``last_administrator``, unless ``as_operator``).
        """
        async with audited(self._store, "set_member", actor, ref, person, {"right": right.value}):
            check_person(person)
            if is_local(person):
                raise Invalid("invalid_person", "Whoever runs code on the platform's machine is its operator anyway.")
            tenant = await self._store.tenant(ref)
            return await self._store.members.put(tenant.id, person, right, by=actor, keep_one=not as_operator)

    async def remove(self, ref: str, person: str, *, actor: str, as_operator: bool) -> None:
        """Take every right on a tenant from a member.

        Raises ``NotFound`` (``member_not_found``), ``Conflict`` (``last_administrator``, unless ``as_operator``).
        """
        async with audited(self._store, "remove_member", actor, ref, person):
            tenant = await self._store.tenant(ref)
            await self._store.members.remove(tenant.id, person, keep_one=not as_operator)

    # --- invitations ------------------------------------------------------------------------------------------------

    async def invite(self, ref: str, name: str, right: Right, *, actor: str) -> tuple[Invitation, str]:
        """An invitation for somebody whose identity is not known yet, and its token, this once.

        Args:
            name: whom it is meant for, for those who read the list.

        Raises ``Invalid`` (``invalid_name``).
        """
        async with audited(self._store, "invite", actor, ref, name[:LONGEST_NAME], {"right": right.value}):
            if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
                raise Invalid("invalid_name", f"A name has 1 to {LONGEST_NAME} characters.")
            tenant, token = await self._store.tenant(ref), new_invitation()
            made = await self._store.members.invite(
                tenant.id, name.strip(), right, hash_key(token), by=actor, valid=INVITATION_VALID
            )
            return made, token

    async def invitations(self, ref: str) -> Sequence[Invitation]:
        """Those that nobody redeemed yet and that can be, oldest first."""
        return await self._store.members.invitations((await self._store.tenant(ref)).id)

    async def expire_invitations(self) -> None:
        """Forget those that nobody redeemed in time. They are refused anyway."""
        await self._store.members.expire_invitations()

    async def withdraw(self, ref: str, invitation: UUID, *, actor: str) -> None:
        """The invitation is refused from now on. Raises ``NotFound`` (``invitation_not_found``)."""
        async with audited(self._store, "withdraw_invitation", actor, ref, str(invitation)):
            await self._store.members.withdraw((await self._store.tenant(ref)).id, invitation)

    async def redeem(self, token: str, *, person: str) -> tuple[str, Member]:
        """Become a member by an invitation, which is used up: the tenant's subdomain, and the membership.

        Raises ``NotFound`` (``invitation_not_found``), ``Invalid`` (``invalid_person``: operators need none).
        """
        if is_local(person):
            raise Invalid("invalid_person", "Whoever runs code on the platform's machine is its operator anyway.")
        tenant, member = await self._store.members.redeem(hash_key(token), check_person(person))
        async with audited(self._store, "join", person, tenant, person, {"right": member.right.value}):
            return tenant, member

    # --- operators --------------------------------------------------------------------------------------------------

    async def operators(self) -> Sequence[Operator]:
        """Those beside the platform's own user, who always is one."""
        return await self._store.members.operators()

    async def add_operator(self, person: str, *, actor: str) -> None:
        """Let a person do everything. Safe to repeat. Raises ``Invalid`` (``invalid_person``)."""
        async with audited(self._store, "add_operator", actor, None, person):
            await self._store.members.add_operator(check_person(person), by=actor)

    async def remove_operator(self, person: str, *, actor: str) -> None:
        """They keep what they may as a member. Raises ``NotFound`` (``operator_not_found``)."""
        async with audited(self._store, "remove_operator", actor, None, person):
            await self._store.members.remove_operator(person)

    async def tenants_each(self) -> int:
        """How many tenants anybody who is signed in may make and administer; 0 by default."""
        return await self._store.members.tenants_each()

    async def set_tenants_each(self, most: int, *, actor: str) -> None:
        """Change that. Those that there are stay. Raises ``Invalid`` (``invalid_field``)."""
        async with audited(self._store, "set_tenants_each", actor, None, str(most)):
            if not 0 <= most <= MOST_TENANTS_EACH:
                raise Invalid("invalid_field", f"A number from 0 to {MOST_TENANTS_EACH:,}.")
            await self._store.members.set_tenants_each(most)

    # --- tokens -----------------------------------------------------------------------------------------------------

    async def token(self, person: str, *, ttl_seconds: int, tenant: str | None = None) -> str:
        """``dbt_…``: who holds it is this person, for so long, unless their tokens are ended before.

        Args:
            tenant: the only one that it opens; and it opens nothing that is an operator's.

        Raises ``Invalid`` (``invalid_person``).
        """
        epoch = (await self.standing(check_person(person))).epoch
        if epoch is None:
            raise Invalid("invalid_person", "No provider that is registered here vouches for that person.")
        return self._vault.person_token(person, ttl_seconds, epoch=epoch, tenant=tenant)

    async def create_token(self, person: str, *, ttl_seconds: int, tenant: str | None, actor: str) -> str:
        """A token that is made for somebody who asked from outside; see :meth:`token`.

        Raises ``Invalid`` (``invalid_person``, ``invalid_subdomain``).
        """
        details = {"seconds": str(ttl_seconds)} | ({} if tenant is None else {"tenant": check_subdomain(tenant)})
        async with audited(self._store, "create_token", actor, None, person[:LONGEST_PERSON], details):
            return await self.token(person, ttl_seconds=ttl_seconds, tenant=tenant)

    def read_token(self, token: str) -> PersonToken:
        """What a token says; whether its epoch is over is for who knows the person's :class:`Standing`.

        Raises ``Unauthorized`` (``token_expired``, ``token_invalid``).
        """
        return self._vault.check_person_token(token)

    async def end_tokens(self, person: str | None, *, actor: str) -> None:
        """Every token that a person (None: anybody) has is refused from now on, in every process."""
        async with audited(self._store, "end_tokens", actor, None, person):
            await self._store.members.end_tokens(None if person is None else check_person(person))

    async def end_token(self, token: str, *, actor: str) -> None:
        """One token is refused from now on, in every process. Raises as :meth:`read_token`."""
        found = self.read_token(token)
        async with audited(self._store, "end_token", actor, None, found.person):
            await self._store.members.end_token(found.id, found.person, found.expires_at)
