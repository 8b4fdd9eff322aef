"""What a refusal tells, and to whom: the remedy for what the caller named, and no name that he could not know."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from dbaas_provisioning.errors import DbaasError
from dbaas_server.nouns import Arg, Embed, TableRef, Write, WriteKind
from dbaas_server.pipeline import parse_pipeline
from shapes import call, cmp, embed, table

TABLES = """
create table hidden (id int primary key, treasure text);
create table shown (id int primary key, secret text, plain text, hidden_id int constraint way references hidden);
create table middle (shown_id int references shown, other_id int, primary key (shown_id, other_id));
create table other (id int primary key);
alter table middle add constraint middle_other foreign key (other_id) references other;
create function veiled(a int) returns int language sql as 'select 1';
revoke execute on function veiled(int) from public;
grant select (id, plain, hidden_id), update (plain) on shown to anon;
grant select on other to anon;
"""


def looked_up(name: str, foreign: str = "id"):
    stage = {"$lookup": {"from": name, "localField": "id", "foreignField": foreign, "as": "x"}}
    stages = parse_pipeline([stage], [])
    return replace(table("other"), stages=stages)


async def refusal(session, caller, read) -> DbaasError:
    with pytest.raises(DbaasError) as caught:
        if isinstance(read, Write):
            await session.write([(read, ('[{"id": 1}]',))], caller)
        else:
            await session.read(read, ("1",), caller)
    return caught.value


def updating(column: str) -> Write:
    return Write(WriteKind.update, TableRef("shown"), Arg(0), (column,), where=(cmp("id", "eq", 0),))


GUESSES = {
    "table": (table("hiddn"), "hidden"),
    "looked up": (looked_up("hiddn"), "hidden"),
    "field of what is looked up": (looked_up("hidden", "treasur"), "treasure"),
    "embed": (table("shown", "id", embed("hiddn", "id")), "hidden"),
    "column of a hidden table": (table("hidden", "treasur"), "treasure"),
    "hidden column": (table("shown", "secre"), "secret"),
    "hidden column to write": (updating("secre"), "secret"),
    "function": (call("veild", arguments=(("a", 0),)), "veiled"),
}


@pytest.mark.parametrize(("read", "name"), GUESSES.values(), ids=GUESSES)
async def test_guesses_name_only_what_the_caller_may_reach(own_session, owner, anon, read, name):
    await own_session.run(TABLES, (), owner)
    told = await refusal(own_session, owner, read)
    assert name in (told.hint or ""), "who may know is helped"
    untold = await refusal(own_session, anon, read)
    assert untold.code == told.code
    assert name not in json.dumps(untold.as_dict()).replace("hidden' in the schema cache", "").replace(
        "of 'hidden'", ""
    )


async def test_guesses_help_with_what_the_caller_reaches(own_session, owner, anon):
    await own_session.run(TABLES, (), owner)
    for read, name in (
        (table("shwn"), "public.shown"),
        (table("shown", "plin"), "plain"),
        (updating("plan"), "plain"),
        (looked_up("othr"), "public.other"),
    ):
        assert name in ((await refusal(own_session, anon, read)).hint or "")


async def test_the_remedy_is_told_for_what_the_caller_named_alone(own_session, owner, anon):
    await own_session.run(TABLES, (), owner)
    remedy = 'ALTER TABLE "public"."hidden"'
    for read in (table("hidden"), looked_up("hidden"), table("shown", "id", embed("hidden", "id"))):
        error = await refusal(own_session, anon, read)
        assert error.code == "42501"
        assert remedy in (error.hint or "")
    for read in (table("shown", "id", Embed("way", table("x", "id"))), table("shown", "id", embed("other", "id"))):
        error = await refusal(own_session, anon, read)
        assert error.code == "42501"
        assert error.hint is None
