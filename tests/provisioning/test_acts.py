"""What the audit log keeps of what members do with data, and of what they try."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from dbaas_provisioning.meta import audit as bounds
from dbaas_provisioning.meta.audit import DataAct
from dbaas_provisioning.nouns import AuditEntry, Right, Tenant
from dbaas_provisioning.platform import Platform, acts
from dbaas_provisioning.platform.acts import Statement


def person() -> str:
    return f"hub:h:{uuid4().hex}"


def note(platform: Platform, tenant: str, actor: str, *texts: str, at: datetime | None = None) -> None:
    for text in texts:
        act = DataAct(at or datetime.now(UTC), actor, "query", tenant, "shop", "ok", {"rows": "3"})
        platform.acts.note(act, Statement(text))


async def of(platform: Platform, tenant: str | None, actor: str, **asked) -> list[AuditEntry]:
    return list(await platform.audit(tenant=tenant, actor=actor, **asked))


async def test_a_statement_is_kept_without_its_literals(platform: Platform, tenant: Tenant) -> None:
    ann = person()
    note(platform, tenant.subdomain, ann, "select 'hunter2' -- hunter2", "select \0 'a\udc80", "x" * 2_000_000)
    found = await of(platform, tenant.subdomain, ann)
    told = [each.details["statement"] for each in reversed(found)]
    assert told[:2] == ["select ?", "select \ufffd ?"] and len(told[2]) == 1_000
    assert {(each.kind, each.action, each.target, each.outcome, each.details["rows"]) for each in found} == {
        ("data", "query", "shop", "ok", "3")
    }


async def test_what_was_noted_last_is_kept_when_the_process_ends(platform: Platform, tenant: Tenant) -> None:
    ann = person()
    ending = await Platform.open(platform.home, platform._supervision)
    note(ending, tenant.subdomain, ann, *(f"select c{n}" for n in range(1_100)))
    ending.acts.refused(ann, "drop_database", tenant.subdomain, "shop", "right_needed")
    await ending.close()
    found = await of(platform, tenant.subdomain, ann, limit=2_000)
    assert [each.details.get("statement") for each in found if each.kind == "data"] == [
        f"select c{n}" for n in reversed(range(1_100))
    ]
    assert len(found) == 1_101


async def test_what_waits_is_bounded(
    platform: Platform, tenant: Tenant, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ann = person()
    monkeypatch.setattr(acts, "MOST_WAITING", 3)
    monkeypatch.setattr(acts, "MOST_LETTERS", 10)
    note(platform, tenant.subdomain, ann, "select a", "select b", "select c", "select d")
    found = await of(platform, tenant.subdomain, ann)
    assert [each.details["statement"] for each in found] == ["…", "…", "select a"]
    assert "Not in the audit log: 1 acts" in caplog.text


async def test_attempts_that_are_alike_are_one_entry(
    platform: Platform, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, other = person(), await Platform.open(platform.home, platform._supervision)
    monkeypatch.setattr(acts, "datetime", Stopped)
    for _ in range(3):
        for _ in range(100):
            for process in (platform, other):
                process.acts.refused(ann, "drop_database", tenant.subdomain, "shop", "right_needed")
        await platform.acts.settled()
    platform.acts.refused(ann, "drop_database", tenant.subdomain, "till", "right_needed")
    await other.close()
    till, shop = await of(platform, tenant.subdomain, ann)
    assert (till.target, till.details) == ("till", {"code": "right_needed", "times": "1"})
    assert (shop.kind, shop.action, shop.target, shop.outcome) == ("refused", "drop_database", "shop", "refused")
    assert shop.details == {"code": "right_needed", "times": "600"}


async def test_who_tries_one_name_after_the_other_is_told_of_as_one_who_does(
    platform: Platform, tenant: Tenant
) -> None:
    ann = person()
    for n in range(5_000):
        platform.acts.refused(ann, "list_keys", f"guess-{n}", None, "tenant_not_found")
    found = await of(platform, None, ann, limit=10_000)
    assert len(found) <= 2 * (acts.MOST_OF_AN_ACTOR + 1), "of two minutes at most"
    assert sum(int(each.details["times"]) for each in found) == 5_000
    assert acts.OTHERS in {each.action for each in found}


async def test_a_tenant_that_does_not_exist_has_no_log(platform: Platform, tenant: Tenant) -> None:
    ann, name = person(), f"t{uuid4().hex[:12]}"
    platform.acts.refused(ann, "list_keys", name, None, "tenant_not_found")
    [kept] = await of(platform, None, ann)
    assert (kept.tenant, kept.details["tenant"]) == (None, name)
    assert await of(platform, name, ann) == []


async def test_statements_never_push_out_what_was_done_to_the_platform(
    platform: Platform, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, name = person(), tenant.subdomain
    monkeypatch.setattr(bounds, "LOOK_EVERY", 20)
    monkeypatch.setitem(bounds.MOST, "data", 10)
    for n in range(7):
        note(platform, name, ann, *(f"select c{n}{m}" for m in range(10)))
        await platform.acts.settled()
    kept = await platform.audit(tenant=name, limit=1_000)
    assert 10 <= len([each for each in kept if each.kind == "data"]) <= 30
    assert "create_tenant" in [each.action for each in kept]
    await platform.expire_audit()
    kept = await platform.audit(tenant=name, limit=1_000)
    assert [each.details["statement"] for each in kept if each.kind == "data"] == [
        f"select c6{m}" for m in reversed(range(10))
    ]
    assert "create_tenant" in [each.action for each in kept]


async def test_what_is_old_is_forgotten(platform: Platform, tenant: Tenant) -> None:
    ann = person()
    note(platform, tenant.subdomain, ann, "select old", at=datetime(2020, 1, 1, tzinfo=UTC))
    note(platform, tenant.subdomain, ann, "select new")
    assert len(await of(platform, tenant.subdomain, ann)) == 2
    await platform.expire_audit()
    [kept] = await of(platform, tenant.subdomain, ann)
    assert kept.details["statement"] == "select new"


async def test_pages_follow_each_other_while_more_is_done(platform: Platform, tenant: Tenant) -> None:
    ann = person()
    note(platform, tenant.subdomain, ann, *(f"select c{n}" for n in range(10)))
    first = await of(platform, tenant.subdomain, ann, limit=4)
    note(platform, tenant.subdomain, ann, "select more")
    second = await of(platform, tenant.subdomain, ann, limit=4, before=first[-1].id)
    third = await of(platform, tenant.subdomain, ann, limit=4, before=second[-1].id)
    assert [each.details["statement"] for each in [*first, *second, *third]] == [
        f"select c{n}" for n in reversed(range(10))
    ]


async def test_entries_are_found_by_database_and_outcome(platform: Platform, tenant: Tenant) -> None:
    ann, name = person(), tenant.subdomain
    note(platform, name, ann, "select 1")
    platform.acts.refused(ann, "drop_database", name, "shop", "right_needed")
    platform.acts.refused(ann, "drop_database", name, "till", "right_needed")
    await platform.members.invite(name, "shop", Right.view, actor=ann)
    assert [each.action for each in await of(platform, name, ann, database="shop")] == ["drop_database", "query"]
    assert {each.target for each in await of(platform, name, ann, outcome="refused")} == {"till", "shop"}


async def test_a_reader_who_gives_up_loses_no_note(platform: Platform, tenant: Tenant) -> None:
    ann = person()
    note(platform, tenant.subdomain, ann, "select 1")
    reading = asyncio.create_task(platform.audit(actor=ann))
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert len(await of(platform, tenant.subdomain, ann)) == 1


class Slow:
    """Keeps what comes, and takes a moment for it."""

    def __init__(self) -> None:
        self.batches: list[tuple[int, int]] = []

    async def insert(self, noted, attempts) -> None:
        await asyncio.sleep(0.01)
        self.batches.append((len(noted), sum(each.times for each in attempts)))


async def test_a_reader_does_not_wait_for_what_others_go_on_doing() -> None:
    store = Slow()
    noting = acts.Acts(store)  # type: ignore[arg-type]

    async def work() -> None:
        while True:
            noting.note(DataAct(datetime.now(UTC), "hub:h:bob", "query", "t", "shop", "ok", {}))
            noting.refused("hub:h:bob", "drop_database", "t", "shop", "right_needed")
            await asyncio.sleep(0.001)

    working = asyncio.create_task(work())
    await asyncio.sleep(0.05)
    before = 0
    for _ in range(3):
        noted = noting._noted.acts
        await asyncio.wait_for(noting.settled(), 5)
        assert all(sum(of_a_sort) >= noted > before for of_a_sort in zip(*store.batches, strict=True))
        before = noted
        await asyncio.sleep(0.02)
    batches = len(store.batches)
    await asyncio.sleep(2 * acts.PAUSE_SECONDS)
    assert len(store.batches) <= batches + 3, "nobody reads: what is noted comes in batches again"
    working.cancel()
    await noting.close()
    assert tuple(map(sum, zip(*store.batches, strict=True))) == (noting._noted.acts, noting._noted.attempts)


class Stopped(datetime):
    """A minute that does not end while a test runs."""

    @classmethod
    def now(cls, tz=None) -> datetime:
        return datetime(2030, 1, 2, 3, 4, 5, tzinfo=tz)
