"""Persons and their rights, in ``platform_meta``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from psycopg import errors

from ..errors import Conflict, Forbidden, NotFound
from ..nouns import Invitation, Member, OidcIssuer, Operator, Right, Standing
from ..persons import is_local
from .connections import Connections

__all__ = ["MemberStore", "allow_one_more", "make_administrator"]

EVERYBODY = ""

STANDING = """
select
  exists (select from operators where person = %(person)s) as operator,
  case when not starts_with(%(person)s, 'oidc:')
      or exists (select from oidc_issuers where starts_with(%(person)s, 'oidc:' || issuer || '#'))
    then coalesce((select sum(epoch) from token_epochs where person in (%(person)s, '')), 0)::bigint end as epoch,
  coalesce((select jsonb_object_agg(t.subdomain, m."right") from members m join tenants t on t.id = m.tenant_id
    where m.person = %(person)s), '{}') as rights,
  array(select id from ended_tokens where person = %(person)s and expires_at > now()) as ended
"""

MEMBERS = 'select person, "right", added_by, created_at from members where tenant_id = %s order by created_at, person'

PUT_MEMBER = """
insert into members (tenant_id, person, "right", added_by) values (%(tenant)s, %(person)s, %(right)s, %(by)s)
on conflict (tenant_id, person) do update set "right" = excluded."right", added_by = excluded.added_by
returning person, "right", added_by, created_at
"""

INVITATIONS = """
select id, name, "right", invited_by, created_at, expires_at from invitations
where tenant_id = %s and expires_at > now() order by created_at, id
"""

REDEEM = """
delete from invitations where sha256 = %s and expires_at > now() returning tenant_id, "right", invited_by
"""


class MemberStore:
    """Reads and writes persons. Every method raises ``Unavailable`` when ``platform_meta`` cannot be reached."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def standing(self, person: str) -> Standing:
        """What a person may do now, and which of their tokens are valid."""
        [row] = await self._connections.rows(STANDING, {"person": person})
        rights = {tenant: Right(right) for tenant, right in row["rights"].items()}
        return Standing(row["operator"] or is_local(person), rights, row["epoch"], frozenset(row["ended"]))

    # --- members ----------------------------------------------------------------------------------------------------

    async def members(self, tenant_id: UUID) -> Sequence[Member]:
        """Of a tenant, in the order in which they came."""
        return [_member(row) for row in await self._connections.rows(MEMBERS, [tenant_id])]

    async def put(self, tenant_id: UUID, person: str, right: Right, *, by: str, keep_one: bool) -> Member:
        """Make somebody a member, or give a member another right.

        Args:
            keep_one: refuse to take the right to administer from the last who has it (``last_administrator``).
        """
        given = {"tenant": tenant_id, "person": person, "right": right, "by": by}

        async def work(connection: Any) -> Member:
            before = await _administrators(connection, tenant_id)
            row = await (await connection.execute(PUT_MEMBER, given)).fetchone()
            await _keep_one(connection, tenant_id, before, keep_one)
            return _member(row)

        return await self._connections.transaction(work)

    async def remove(self, tenant_id: UUID, person: str, *, keep_one: bool) -> None:
        """Take all rights from a member. Raises ``NotFound`` (``member_not_found``), ``Conflict`` as :meth:`put`."""

        async def work(connection: Any) -> None:
            before = await _administrators(connection, tenant_id)
            done = await connection.execute(
                "delete from members where tenant_id = %s and person = %s", [tenant_id, person]
            )
            if not done.rowcount:
                raise NotFound("member_not_found", "There is no such member.")
            await _keep_one(connection, tenant_id, before, keep_one)

        await self._connections.transaction(work)

    # --- invitations ------------------------------------------------------------------------------------------------

    async def invite(
        self, tenant_id: UUID, name: str, right: Right, sha256: bytes, *, by: str, valid: timedelta
    ) -> Invitation:
        """Keep an invitation."""

        async def work(connection: Any) -> Invitation:
            made = await connection.execute(
                'insert into invitations (id, tenant_id, name, "right", sha256, invited_by, expires_at)'
                " values (%s, %s, %s, %s, %s, %s, now() + %s)"
                ' returning id, name, "right", invited_by, created_at, expires_at',
                [uuid4(), tenant_id, name, right, sha256, by, valid],
            )
            return _invitation(await made.fetchone())

        return await self._connections.transaction(work)

    async def invitations(self, tenant_id: UUID) -> Sequence[Invitation]:
        """Those that can be redeemed, oldest first."""
        return [_invitation(row) for row in await self._connections.rows(INVITATIONS, [tenant_id])]

    async def expire_invitations(self) -> None:
        """Forget those that nobody redeemed in time."""
        await self._connections.do("delete from invitations where expires_at <= now()", ())

    async def withdraw(self, tenant_id: UUID, invitation: UUID) -> None:
        """Raises ``NotFound`` (``invitation_not_found``)."""
        gone = await self._connections.rows(
            "delete from invitations where tenant_id = %s and id = %s returning id",
            [tenant_id, invitation],
            reads=False,
        )
        if not gone:
            raise NotFound("invitation_not_found", "There is no such invitation.")

    async def redeem(self, sha256: bytes, person: str) -> tuple[str, Member]:
        """Use up an invitation: the tenant's subdomain, and the member. Who may more already keeps that.

        Raises ``NotFound`` (``invitation_not_found``).
        """

        async def work(connection: Any) -> tuple[str, Member]:
            row = await (await connection.execute(REDEEM, [sha256])).fetchone()
            if row is None:
                raise NotFound(
                    "invitation_not_found", "That invitation is not valid (any more).", hint="Ask for another one."
                )
            tenant, right = row["tenant_id"], Right(row["right"])
            found = await connection.execute(
                'select "right" from members where tenant_id = %s and person = %s for update', [tenant, person]
            )
            held = await found.fetchone()
            if held is not None and Right(held["right"]).includes(right):
                right = Right(held["right"])
            given = {"tenant": tenant, "person": person, "right": right, "by": row["invited_by"]}
            member = _member(await (await connection.execute(PUT_MEMBER, given)).fetchone())
            named = await (await connection.execute("select subdomain from tenants where id = %s", [tenant])).fetchone()
            return named["subdomain"], member

        return await self._connections.transaction(work)

    # --- the platform -----------------------------------------------------------------------------------------------

    async def operators(self) -> Sequence[Operator]:
        """Beside those on the machine, in the order in which they came."""
        rows = await self._connections.rows("select * from operators order by created_at, person", [])
        return [Operator(**row) for row in rows]

    async def add_operator(self, person: str, *, by: str) -> None:
        """Safe to repeat."""
        await self._connections.do(
            "insert into operators (person, added_by) values (%s, %s) on conflict do nothing", [person, by]
        )

    async def remove_operator(self, person: str) -> None:
        """Raises ``NotFound`` (``operator_not_found``)."""
        if not await self._connections.rows(
            "delete from operators where person = %s returning person", [person], reads=False
        ):
            raise NotFound("operator_not_found", "There is no such operator.")

    async def end_tokens(self, person: str | None) -> None:
        """A new epoch, of one person's tokens or of everybody's."""
        await self._connections.do(
            "insert into token_epochs as t (person, epoch) values (%s, 1)"
            " on conflict (person) do update set epoch = t.epoch + 1",
            [EVERYBODY if person is None else person],
        )

    async def end_token(self, identity: str, person: str, expires_at: float) -> None:
        """Remember of one token that it ended, for as long as it would be valid; forget those that no longer would."""

        async def work(connection: Any) -> None:
            await connection.execute("delete from ended_tokens where expires_at <= now()")
            await connection.execute(
                "insert into ended_tokens (id, person, expires_at) values (%s, %s, to_timestamp(%s))"
                " on conflict (id) do nothing",
                [identity, person, expires_at],
            )

        await self._connections.transaction(work)

    async def tenants_each(self) -> int:
        """How many tenants anybody who is signed in may make."""
        [row] = await self._connections.rows("select tenants_each from settings", [])
        return int(row["tenants_each"])

    async def set_tenants_each(self, most: int) -> None:
        """Change that. Those that there are stay."""
        await self._connections.do("update settings set tenants_each = %s", [most])

    # --- OpenID providers -------------------------------------------------------------------------------------------

    async def issuers(self) -> Sequence[OidcIssuer]:
        """OpenID providers, by name."""
        return [
            OidcIssuer(**row) for row in await self._connections.rows("select * from oidc_issuers order by name", [])
        ]

    async def add_issuer(self, name: str, issuer: str, audience: str) -> None:
        """Raises ``Conflict`` (``issuer_exists``)."""
        try:
            await self._connections.do(
                "insert into oidc_issuers (name, issuer, audience) values (%s, %s, %s)", [name, issuer, audience]
            )
        except errors.UniqueViolation:
            raise Conflict("issuer_exists", "There is a provider of that name or URL already.") from None

    async def remove_issuer(self, name: str) -> None:
        """Raises ``NotFound`` (``issuer_not_found``)."""
        if not await self._connections.rows(
            "delete from oidc_issuers where name = %s returning name", [name], reads=False
        ):
            raise NotFound("issuer_not_found", "There is no such provider.")


async def allow_one_more(connection: Any, person: str) -> None:
    """In a transaction that makes a tenant for whoever asks for it: whether they have as many as anybody may make.

    Raises ``Forbidden`` (``not_an_operator``).
    """
    # One after the other: two at a time would be one too many.
    found = await connection.execute("select tenants_each from settings for update")
    most = (await found.fetchone())["tenants_each"]
    counted = await connection.execute(
        "select count(*) as have from members where person = %s and \"right\" = 'administer'", [person]
    )
    if (await counted.fetchone())["have"] >= most:
        raise Forbidden(
            "not_an_operator",
            f"You may make {most} tenants, and have them." if most else "Only an operator makes tenants here.",
            hint="Ask an operator of this platform.",
        )


async def make_administrator(connection: Any, tenant_id: UUID, person: str) -> None:
    """In a transaction that makes a tenant: its first member."""
    await connection.execute(
        PUT_MEMBER, {"tenant": tenant_id, "person": person, "right": Right.administer, "by": person}
    )


async def _administrators(connection: Any, tenant_id: UUID) -> int:
    """How many a tenant has; nobody changes its members before this transaction ends."""
    await connection.execute("select from tenants where id = %s for no key update", [tenant_id])
    counted = await connection.execute(
        "select count(*) as have from members where tenant_id = %s and \"right\" = 'administer'", [tenant_id]
    )
    return int((await counted.fetchone())["have"])


async def _keep_one(connection: Any, tenant_id: UUID, before: int, keep_one: bool) -> None:
    if keep_one and before and not await _administrators(connection, tenant_id):
        raise Conflict(
            "last_administrator",
            "Nobody would administer this tenant any more.",
            hint="Give another member the right to administer first.",
        )


def _member(row: Any) -> Member:
    return Member(**{**row, "right": Right(row["right"])})


def _invitation(row: Any) -> Invitation:
    return Invitation(**{**row, "right": Right(row["right"])})
