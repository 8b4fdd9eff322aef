"""Persons, their rights, invitations and tokens, on a real ``platform_meta``."""

from __future__ import annotations

import asyncio
import secrets
from datetime import timedelta

import pytest

from dbaas_provisioning.errors import Conflict, DbaasError, Forbidden, Invalid, NotFound, Unauthorized
from dbaas_provisioning.nouns import Right, Tenant
from dbaas_provisioning.persons import check_person, local_person
from dbaas_provisioning.platform import Platform
from waiting import until


def somebody() -> str:
    return f"hub:h:{secrets.token_hex(6)}"


async def join(platform: Platform, tenant: Tenant, person: str, right: Right) -> None:
    await platform.members.put(tenant.subdomain, person, right, actor="test", as_operator=False)


@pytest.mark.parametrize(
    "person",
    ["local:0", "jupyter:ann", "hub:h:o'neil", "hub:h:a:b", "oidc:https://id.example/x#a|b", "jupyter:Zoë \N{SNOWMAN}"],
)
def test_persons_have_somebody_who_vouches_for_them(person: str) -> None:
    assert check_person(person) == person


@pytest.mark.parametrize(
    "person",
    ["", "ann", "local:", "local:ann", "jupyter:", "hub:ann", "hub::ann", "oidc:ann", "oidc:https://x#", "root:0",
     "jupyter:a\0b", "jupyter:a\nb", "jupyter:" + "a" * 600],
)  # fmt: skip
def test_a_name_alone_is_nobody(person: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_person(person)
    assert refused.value.code == "invalid_person"


async def test_a_member_has_a_right_on_one_tenant(platform: Platform, tenant: Tenant) -> None:
    ann, other = somebody(), f"x{secrets.token_hex(4)}"
    assert (await platform.members.standing(ann)).on(tenant.subdomain) is None
    await join(platform, tenant, ann, Right.view)
    await join(platform, tenant, ann, Right.own)
    standing = await platform.members.standing(ann)
    assert (standing.on(tenant.subdomain), standing.on(other)) == (Right.own, None)
    assert standing.only(tenant.subdomain).on(tenant.subdomain) is Right.own
    assert standing.only(other).on(tenant.subdomain) is None
    [member] = await platform.members.members(tenant.subdomain)
    assert (member.person, member.right, member.added_by) == (ann, Right.own, "test")
    await platform.members.remove(tenant.subdomain, ann, actor="test", as_operator=False)
    assert (await platform.members.standing(ann)).on(tenant.subdomain) is None
    with pytest.raises(NotFound) as gone:
        await platform.members.remove(tenant.subdomain, ann, actor="test", as_operator=False)
    assert gone.value.code == "member_not_found"


async def test_a_tenants_end_ends_its_members(platform: Platform) -> None:
    ann, name = somebody(), f"t{secrets.token_hex(6)}"
    for administrator in (ann, None):
        await platform.create_tenant(name, administrator=administrator, actor="test")
        expected = Right.administer if administrator else None
        assert (await platform.members.standing(ann)).on(name) is expected, "of a tenant, not of its name"
        await platform.drop_tenant(name, actor="test")


async def test_somebody_administers_a_tenant_that_somebody_administered(platform: Platform, tenant: Tenant) -> None:
    ann, bob = somebody(), somebody()
    for person in (ann, bob):
        await join(platform, tenant, person, Right.administer)

    async def leave(person: str) -> str:
        try:
            await platform.members.remove(tenant.subdomain, person, actor=person, as_operator=False)
        except Conflict as refused:
            return refused.code
        return "left"

    assert sorted(await asyncio.gather(leave(ann), leave(bob))) == ["last_administrator", "left"]
    [last] = await platform.members.members(tenant.subdomain)
    with pytest.raises(Conflict):
        await join(platform, tenant, last.person, Right.view)
    await platform.members.remove(tenant.subdomain, last.person, actor="test", as_operator=True)
    assert await platform.members.members(tenant.subdomain) == []


async def test_an_invitation_is_redeemed_once(platform: Platform, tenant: Tenant) -> None:
    ann, bob = somebody(), somebody()
    made, token = await platform.members.invite(tenant.subdomain, "Ann O'Neil", Right.own, actor="test")
    assert [one.name for one in await platform.members.invitations(tenant.subdomain)] == ["Ann O'Neil"]
    assert 6 <= (made.expires_at - made.created_at).days <= 7

    async def redeem(person: str) -> str:
        try:
            return (await platform.members.redeem(token, person=person))[1].right
        except NotFound as refused:
            return refused.code

    assert sorted(await asyncio.gather(redeem(ann), redeem(bob))) == ["invitation_not_found", "own"]
    assert await platform.members.invitations(tenant.subdomain) == []
    [joined] = [entry for entry in await platform.audit(tenant=tenant.subdomain) if entry.action == "join"]
    assert joined.actor in (ann, bob)


async def test_an_invitation_takes_nothing_from_who_has_more(platform: Platform, tenant: Tenant) -> None:
    ann = somebody()
    await join(platform, tenant, ann, Right.administer)
    _, token = await platform.members.invite(tenant.subdomain, "ann", Right.view, actor="test")
    _, member = await platform.members.redeem(token, person=ann)
    assert member.right is Right.administer


async def test_invitations_that_expired_are_forgotten(platform: Platform, tenant: Tenant) -> None:
    store, both = platform._store, (timedelta(seconds=-1), timedelta(days=1))
    old, new = [
        await store.members.invite(tenant.id, "ann", Right.view, secrets.token_bytes(32), by="test", valid=valid)
        for valid in both
    ]
    assert [one.id for one in await platform.members.invitations(tenant.subdomain)] == [new.id]
    await platform.members.expire_invitations()
    with pytest.raises(NotFound):
        await platform.members.withdraw(tenant.subdomain, old.id, actor="test")
    await platform.members.withdraw(tenant.subdomain, new.id, actor="test")


async def test_a_withdrawn_invitation_is_void(platform: Platform, tenant: Tenant) -> None:
    made, token = await platform.members.invite(tenant.subdomain, "ann", Right.view, actor="test")
    await platform.members.withdraw(tenant.subdomain, made.id, actor="test")
    for attempt in (token, "dbi_guessed", ""):
        with pytest.raises(NotFound) as refused:
            await platform.members.redeem(attempt, person=somebody())
        assert refused.value.code == "invitation_not_found"


async def test_a_persons_tokens_end_together_and_nobody_elses(platform: Platform) -> None:
    ann, bob = somebody(), somebody()
    old = {person: await platform.members.token(person, ttl_seconds=60) for person in (ann, bob)}

    async def valid(token: str) -> bool:
        found = platform.members.read_token(token)
        return found.epoch == (await platform.members.standing(found.person)).epoch

    await platform.members.end_tokens(ann, actor="test")
    assert [await valid(old[ann]), await valid(old[bob])] == [False, True]
    new = await platform.members.token(ann, ttl_seconds=60)
    assert await valid(new)
    await platform.members.end_tokens(None, actor="test")
    assert [await valid(new), await valid(old[bob])] == [False, False]


async def test_what_signs_nothing_opens_nothing(platform: Platform) -> None:
    token = await platform.members.token(somebody(), ttl_seconds=60)
    for forged in (token[:-3] + "abc", token.removeprefix("dbt_"), "dbt_", "dbt_a.b.c"):
        with pytest.raises(Unauthorized):
            platform.members.read_token(forged)
    with pytest.raises(Invalid):
        await platform.members.token("ann", ttl_seconds=60)


async def test_operators_are_those_on_the_machine_and_those_that_they_name(platform: Platform, tenant: Tenant) -> None:
    ann = somebody()
    assert (await platform.members.standing(local_person())).operator
    assert not (await platform.members.standing(ann)).operator
    for _ in range(2):
        await platform.members.add_operator(ann, actor="test")
    standing = await platform.members.standing(ann)
    assert (standing.on(tenant.subdomain), standing.on("any")) == (Right.administer, Right.administer)
    assert not standing.only(tenant.subdomain).operator
    await platform.members.remove_operator(ann, actor="test")
    assert not (await platform.members.standing(ann)).operator
    with pytest.raises(NotFound):
        await platform.members.remove_operator(ann, actor="test")


async def test_who_may_make_some_tenants_makes_no_more(platform: Platform) -> None:
    ann = somebody()
    names = [f"s{secrets.token_hex(6)}" for _ in range(3)]

    async def make(name: str) -> str:
        try:
            await platform.create_tenant(name, administrator=ann, for_themself=True, actor=ann)
        except Forbidden as refused:
            return refused.code
        return "made"

    assert await make(names[0]) == "not_an_operator", "nobody may, by default"
    await platform.members.set_tenants_each(2, actor="test")
    try:
        assert sorted(await asyncio.gather(*map(make, names))) == ["made", "made", "not_an_operator"]
    finally:
        await platform.members.set_tenants_each(0, actor="test")
        for name in names:
            try:
                await platform.drop_tenant(name, actor="test")
            except DbaasError:
                continue


async def test_a_change_of_rights_is_told_to_everybody(platform: Platform, tenant: Tenant) -> None:
    heard: list[tuple[str, str]] = []
    platform.on_change(lambda kind, identity: heard.append((kind, identity)))
    ann = somebody()

    async def told() -> list[tuple[str, str]]:
        return heard

    await join(platform, tenant, ann, Right.view)
    await until(told, lambda seen: ("member", str(tenant.id)) in seen)
    heard.clear()
    await platform.members.end_tokens(ann, actor="test")
    await until(told, lambda seen: ("member", "") in seen)


async def test_the_audit_is_read_by_person_action_and_time_in_pages(platform: Platform, tenant: Tenant) -> None:
    ann, name = somebody(), tenant.subdomain
    for _ in range(3):
        await platform.members.put(name, somebody(), Right.view, actor=ann, as_operator=False)
    await platform.members.put(name, somebody(), Right.view, actor="test", as_operator=False)
    of_ann = await platform.audit(tenant=name, actor=ann, action="set_member")
    assert [entry.actor for entry in of_ann] == [ann] * 3
    page = await platform.audit(tenant=name, actor=ann, limit=2)
    rest = await platform.audit(tenant=name, actor=ann, before=page[-1].id)
    assert [*page, *rest] == of_ann
    assert await platform.audit(tenant=name, actor=ann, since=of_ann[-1].at) == of_ann
    assert await platform.audit(tenant=name, actor=ann, action="drop_tenant") == []
    assert await platform.audit(tenant=name, actor="o'neil") == []
