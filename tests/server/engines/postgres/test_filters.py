"""Filters on changes: what is decided without the engine agrees with the engine."""

from __future__ import annotations

from uuid import uuid4

import orjson
import pytest

from changed import Log, changed_table
from dbaas_provisioning.errors import Invalid
from dbaas_server.changes import UNCHANGED
from dbaas_server.engines.postgres.valuetypes import value_type
from dbaas_server.feeds.hub.sieve import sieve
from dbaas_server.nouns import Arg, Caller, Compare, Logic, Path, TableRef


@pytest.fixture
def database(reused):
    return reused


@pytest.fixture
async def owner(database, connect):
    return await connect(database)


COLUMNS = {
    "i": ("int8", [None, "1", "2", "-5", "9007199254740993"]),
    "n": ("numeric(20,2)", [None, "1.00", "2.50", "NaN"]),
    "d": ("float8", [None, "1", "2.5", "Infinity", "NaN", "1e+20", "-0"]),
    "b": ("boolean", [None, "t", "f"]),
    "t": ("text", [None, "", "a", "A", "abc", "a%c"]),
    "u": ("uuid", [None, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]),
    "j": ("jsonb", [None, '{"a": 1}']),
    "w": ("timestamptz", [None, "2026-01-01 00:00:00+00"]),
}
OPERANDS = {
    "i": ["1", "2", " 2 ", "9007199254740992", "9007199254740993"], "n": ["1", "2.5", "2.500"],
    "d": ["1", "2.5", "1e20", "0"], "b": ["true", "f", "on"], "t": ["", "a", "abc"],
    "u": ["A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "a0eebc999c0b4ef8bb6d6bb9bd380a11"],
    "j": ['{"a":1}'], "w": ["2026-01-01T00:00:00Z"],
}  # fmt: skip


def cases():
    for column, operands in OPERANDS.items():
        for operator in ("eq", "neq", "gt", "gte", "lt", "lte", "isdistinct"):
            for operand in operands:
                for negated in (False, True):
                    yield Compare(Path(column), operator, Arg(0), negated), [operand]
        for negated in (False, True):
            yield Compare(Path(column), "in", tuple(map(Arg, range(len(operands)))), negated), operands
            for word in ("null", "not_null"):
                yield Compare(Path(column), "is", word, negated), []
    for negated in (False, True):
        for word in ("true", "false", "unknown"):
            yield Compare(Path("b"), "is", word, negated), []
        for operator, pattern in (("like", "a%"), ("ilike", "A%"), ("match", "^a"), ("imatch", "^A.$")):
            yield Compare(Path("t"), operator, Arg(0), negated), [pattern]


async def test_the_engine_and_the_sieve_agree(own_session, owner):
    await owner.execute(
        f"create table v (id int, {', '.join(f'{name} {kind}' for name, (kind, _) in COLUMNS.items())})"
    )
    table, log = await changed_table(owner, "v"), Log()
    rows = max(len(values) for _, values in COLUMNS.values())
    changes = [
        log.insert(table, row, *(values[row % len(values)] for _, values in COLUMNS.values())) for row in range(rows)
    ]
    changes += [log.delete(table, *changes[1].record), log.truncate(table)]
    wheres = [([compare], args) for compare, args in cases()]
    alone = 0
    for where, args in wheres:
        answer = await own_session.matching(changes, where, args, "service_role")
        passes = sieve(where, args, table, own_session.value_type)
        if passes is not None:
            assert [passes(change) for change in changes] == answer, (where, args)
            alone += 1
        assert not answer[-1], "a truncation passes no filter"
    assert alone > 100


async def test_what_is_not_known_passes_no_filter(own_session, owner):
    await owner.execute("create table v (id int primary key, t text)")
    table, log = await changed_table(owner, "v"), Log()
    changes = [log.update(table, None, [1, UNCHANGED]), log.delete(table, 1, None, old_is_key=True)]
    for compare in (
        Compare(Path("t"), "is", "null"),
        Compare(Path("t"), "neq", Arg(0)),
        Compare(Path("x"), "is", "null"),
    ):
        passes = sieve([compare], ["a"], table, own_session.value_type)
        assert passes is not None
        assert [passes(change) for change in changes] == [False, False]
        assert await own_session.matching(changes, [compare], ["a"], "service_role") == [False, False]
    by_key = sieve([Compare(Path("id"), "eq", Arg(0))], ["1"], table, own_session.value_type)
    assert by_key is not None
    assert [by_key(change) for change in changes] == [True, True]
    assert not by_key(log.truncate(table))


async def test_a_filter_that_cannot_work_is_refused_beforehand(own_session, owner):
    await owner.execute("create table v (id int primary key, t text); grant select on v to anon")
    await own_session.catalog(fresh=True)
    anon, table = Caller(uuid4(), "anon"), TableRef("v", "public")
    for where, args, code in (
        (Compare(Path("x"), "eq", Arg(0)), ["1"], "unknown_column"),
        (Compare(Path("id"), "eq", Arg(0)), ["one"], "invalid_filter"),
        (Compare(Path("id"), "like", Arg(0)), ["1%"], "invalid_filter"),
        (Compare(Path("id"), "eq", Arg(0)), ["1\0"], "invalid_filter"),
    ):
        with pytest.raises(Invalid) as refused:
            await own_session.check_filter(table, [where], args, anon)
        assert refused.value.code == code
    await own_session.check_filter(table, [Compare(Path("t"), "imatch", Arg(0))], ["a"], anon)
    await owner.execute("revoke select on v from anon")
    await own_session.catalog(fresh=True)
    await own_session.check_filter(table, [Compare(Path("x"), "eq", Arg(0))], ["1"], anon)


async def test_a_filter_on_a_column_that_was_not_granted_is_refused(own_session, owner):
    await owner.execute(
        "create table emp (id int primary key, pub text, salary int, note text); grant select (id, pub) on emp to anon;"
        "create table closed (id int, salary int, hidden text)"
    )
    await own_session.catalog(fresh=True)
    anon, where = Caller(uuid4(), "anon"), (Compare(Path("salary"), "gt", Arg(0)),)
    nested = (Logic("or", (Compare(Path("pub"), "eq", Arg(0)), Logic("and", where))),)
    for table in (TableRef("emp", "public"), TableRef("*", "public"), TableRef("*", "*"), TableRef("emp", "*")):
        for filters in (where, nested):
            with pytest.raises(Invalid) as refused:
                await own_session.check_filter(table, filters, ["1"], anon)
            assert refused.value.code == "unknown_column"
        await own_session.check_filter(table, (Compare(Path("pub"), "eq", Arg(0)),), ["1"], anon)
    for table in (TableRef("closed", "public"), TableRef("nowhere", "public"), TableRef("*", "elsewhere")):
        await own_session.check_filter(table, where, ["1"], anon)


async def test_a_pattern_that_takes_too_long_is_given_up_and_the_engine_with_it(own_session, owner):
    await owner.execute("create table v (id int primary key, t text)")
    table, log = await changed_table(owner, "v"), Log()
    change = log.insert(table, 1, "the quick brown fox jumps over the lazy dog and some more of it")
    slow = Compare(Path("t"), "match", Arg(0))
    args = [r"^(.*)(.*)(.*)(.*)(.*)\1\2\3\4\5{1,99}$"]
    assert await own_session.matching([change], [slow], args, "anon") is None
    quick = Compare(Path("t"), "match", Arg(0))
    assert await own_session.matching([change], [quick], ["^the.*it$"], "anon") == [True]


@pytest.mark.parametrize(
    ("kind", "short", "text", "value"),
    [
        ("bigint", "int8", "9007199254740993", 9007199254740993), ("integer", "int4", "5", 5),
        ("numeric(10,2)", "numeric", "1.50", 1.5), ("numeric", "numeric", "NaN", "NaN"),
        ("double precision", "float8", "1e+20", 1e20), ("boolean", "bool", "f", False),
        ("character varying(20)", "varchar", 'a"b\n', 'a"b\n'),
        ("text[]", "_text", '{a,NULL,"b,c"}', ["a", None, "b,c"]),
        ("integer[]", "_int4", "{{1,2},{3,4}}", [[1, 2], [3, 4]]), ("jsonb", "jsonb", '{"a": [1]}', {"a": [1]}),
        ("jsonb[]", "_jsonb", r'{"{\"a\": 1}"}', [{"a": 1}]),
        ("timestamp with time zone", "timestamptz", "2026-01-01 00:00:00.5+02", "2026-01-01T00:00:00.5+02:00"),
        ("timestamp without time zone", "timestamp", "infinity", "infinity"), ("bytea", "bytea", "\\xff", "\\xff"),
        ('inventory."My Mood"', "My Mood", "ok", "ok"), ("public.text", "text", "1", "1"),
        ("box[]", "_box", "{(1,1),(0,0);(2,2),(0,0)}", ["(1,1),(0,0)", "(2,2),(0,0)"]),
        ("int4range", "int4range", "[1,5)", "[1,5)"),
    ],
)  # fmt: skip
def test_values_become_json_by_their_type(kind, short, text, value):
    found = value_type(kind)
    assert found.name == short
    assert orjson.loads(found.json(text)) == value
