"""What is kept of compiled shapes, and how much of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dbaas_server.engine import Limits
from dbaas_server.engines.postgres import plancache
from dbaas_server.engines.postgres.plancache import PlanCache
from dbaas_server.nouns import Arg, TableRef, Write, WriteKind
from shapes import col, table


def reading(name: str):
    return table("books", col("id", name))


def inserting(name: str) -> Write:
    return Write(WriteKind.insert, TableRef("books"), Arg(0), ("title",), returning=reading(name))


KINDS = {
    "read": lambda cache, snapshot, name: cache.read(snapshot, reading(name), "owner").plan,
    "together": lambda cache, snapshot, name: cache.together(snapshot, (reading(name), reading("x")), "owner").plan,
    "write": lambda cache, snapshot, name: cache.write(snapshot, inserting(name), "owner"),
}


@pytest.fixture
def snapshot(session):
    return session._opened.snapshot


@pytest.mark.parametrize("plan", KINDS.values(), ids=KINDS)
async def test_equal_shapes_share_a_plan_until_the_catalog_changes(snapshot, plan):
    cache = PlanCache(Limits())
    first = plan(cache, snapshot, "a")
    assert plan(cache, snapshot, "a") is first
    assert plan(cache, snapshot, "b") is not first
    changed = replace(snapshot, catalog=replace(snapshot.catalog, version=snapshot.catalog.version + 1))
    assert plan(cache, changed, "a") is not first


@pytest.mark.parametrize("plan", KINDS.values(), ids=KINDS)
async def test_very_long_statements_are_not_kept(snapshot, plan):
    cache = PlanCache(Limits())
    name = "a" * plancache.LARGEST
    assert plan(cache, snapshot, name) is not plan(cache, snapshot, name)


async def test_all_kinds_share_one_budget_and_the_oldest_go_first(snapshot, monkeypatch):
    monkeypatch.setattr(plancache, "BUDGET", 300_000)
    cache = PlanCache(Limits())
    plans = []
    for number in range(60):
        name = f"{number:04}" * 500
        plans.append([plan(cache, snapshot, name) for plan in KINDS.values()])
        kept = [*cache._known.values(), *(found for _, found in cache._same.values())]
        assert sum(len(found.plan.sql) for found in kept) <= plancache.BUDGET
    newest = [plan(cache, snapshot, name) for plan in KINDS.values()]
    assert all(again is before for again, before in zip(newest, plans[-1], strict=True))
    assert KINDS["read"](cache, snapshot, "0000" * 500) is not plans[0][0]
