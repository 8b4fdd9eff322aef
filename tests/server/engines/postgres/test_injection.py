"""Names of a shape come from strangers: whatever they say, they name something or nothing, and never act."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dbaas_provisioning.errors import DbaasError
from dbaas_server.nouns import (
    Aggregate,
    Arg,
    Compare,
    Embed,
    EmbedExists,
    Field,
    JsonStep,
    Order,
    Path,
    Read,
    TableRef,
    Write,
    WriteKind,
)
from shapes import call, cmp, col, rows, table

ATTACKS = [
    '"',
    "'",
    '"; drop table canary; --',
    "'; drop table canary; --",
    'id" from books; delete from canary; --',
    "\\'; drop table canary --",
    "canary\0x",
    'a""b',
    "$1",
    "%s",
    "*",
    "id) from canary --",
    "/*",
    "E'\\''",
    "x::int",
    "pg_sleep(1)",
    "",
    " ",
    "\n",
    "ünïcödé",
    "x" * 300,
]
names = st.one_of(st.sampled_from(ATTACKS), st.text(max_size=30))
generated = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def shapes_with(name):
    """A shape for each place where a name may stand."""
    yield table(name)
    yield Read(TableRef("books", name))
    yield table("books", Field(Path(name)))
    yield table("books", Field(Path("id"), cast=name))
    yield table("books", Field(Path("id"), aggregate=Aggregate.sum, aggregate_cast=name))
    yield table("authors", Field(Path("profile", (JsonStep(name, False), JsonStep(name, True)))))
    yield table("books", where=(Compare(Path(name), "eq", Arg(0)),))
    yield table("books", where=(Compare(Path("title"), name, Arg(0)),))
    yield table("books", where=(Compare(Path("title"), "is", name),))
    yield table("books", where=(Compare(Path("title"), "eq", Arg(0), quantifier=name or "?"),))
    yield table("books", where=(Compare(Path("title"), "fts", Arg(0), language=name or "?"),))
    yield table("books", where=(EmbedExists(name),))
    yield table("books", order=(Order(Path(name)),))
    yield table("books", order=(Order(Path("id"), embed=name),))
    yield table("books", Embed(name, table("x")))
    yield table("books", Embed("publishers", table("x"), hint=name))
    yield table("books", time_zone=name)
    yield call(name)
    yield call("add", arguments=[(name, 0)])
    yield call("add", body=0, names=(name,))


@generated
@given(names, names)
async def test_no_name_in_a_read_does_harm(session, user, owner, name, value):
    for read in shapes_with(name):
        with contextlib.suppress(DbaasError):
            await session.read(read, (value,), user)
    assert (await session.run("select value from canary", (), owner)).rows == [("alive",)]


@generated
@given(names)
async def test_no_name_in_a_write_does_harm(session, service, owner, name):
    for write in (
        Write(WriteKind.insert, TableRef(name), Arg(0), ("id",), rollback=True),
        Write(WriteKind.insert, TableRef("labels"), Arg(0), (name,), rollback=True),
        Write(WriteKind.upsert, TableRef("labels"), Arg(0), ("id", "name"), conflict_on=(name,), rollback=True),
        Write(
            WriteKind.update,
            TableRef("labels"),
            Arg(0),
            ("name",),
            where=(Compare(Path(name), "eq", Arg(1)),),
            rollback=True,
        ),
        Write(WriteKind.delete, TableRef("labels"), where=(Compare(Path(name), "eq", Arg(1)),), rollback=True),
    ):
        with contextlib.suppress(DbaasError):
            await session.write([(write, ('[{"id": 9, "name": "x"}]', name))], service)
    assert (await session.run("select value from canary", (), owner)).rows == [("alive",)]


@generated
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=15))
async def test_an_alias_is_an_alias(session, user, alias):
    answer = await session.read(table("books", col("id", alias), where=(cmp("id", "eq", 0),)), ("1",), user)
    (found,) = rows(answer)
    # PostgreSQL cuts identifiers at 63 bytes.
    assert list(found) == [alias.encode()[:63].decode(errors="ignore")]


@pytest.mark.parametrize("role", ['owner"', "postgres", "api_exposed", "none", ""])
async def test_only_known_roles_are_taken_on(session, user, role):
    from dataclasses import replace

    with pytest.raises(DbaasError) as caught:
        await session.read(table("books"), (), replace(user, role=role))
    assert caught.value.code == "unknown_role"


@generated
@given(names)
async def test_claims_are_only_a_value(session, user, owner, claims):
    from dataclasses import replace

    with contextlib.suppress(DbaasError):
        await session.read(table("notes"), (), replace(user, claims=claims, tenant_claim=claims))
    assert (await session.run("select value from canary", (), owner)).rows == [("alive",)]
