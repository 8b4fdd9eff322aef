"""What the audit log has of statements: no literal of theirs."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbaas_provisioning.platform.literals import LONGEST_KEPT, LONGEST_READ, without_literals

MARK = "zqzq"  # in each literal and comment, and in nothing else
ANYTHING = st.text(st.characters(exclude_characters="\0") | st.sampled_from("'\"\\$-/*`? \n"), max_size=20)
SECRETS = st.builds(lambda before, after: before + MARK + after, ANYTHING, ANYTHING)


def doubled(secret: str) -> str:
    return "'" + secret.replace("'", "''") + "'"


def escaped(secret: str) -> str:
    return "E'" + secret.replace("\\", "\\\\").replace("'", "\\'") + "'"


def dollars(secret: str) -> str:
    return f"$body$x{secret.replace('$', '')}$body$"


def line(secret: str) -> str:
    return "--" + secret.replace("\n", " ").replace("\r", " ") + "\n"


def block(secret: str) -> str:
    return "/* " + secret.replace("/", "").replace("*", "") + " /* inside */ zqzq */"


def after_a_number(secret: str) -> str:
    return f"1$${secret.replace('$', '')}$$"


def setting(secret: str) -> str:
    return f"; set local app.tenant to zqzq, {doubled(secret)}, zqzq; ALTER ROLE a SET x.y = zqzq; set x=zqzq;"


def copied(secret: str) -> str:
    return f"; COPY t (a) FROM stdin WITH (header);\nzqzq\t{secret}\n\\.\n"


LITERALS = st.builds(
    lambda write, secret: write(secret),
    st.sampled_from([doubled, escaped, dollars, line, block, after_a_number, setting, copied]),
    SECRETS,
)
WORDS = st.sampled_from(
    [
        "select",
        "from",
        "t",
        '"a name"',
        "=",
        "(",
        ")",
        ",",
        ";",
        "||",
        "::text",
        "date",
        "$1",
        ":name",
        "e",
        "N",
        "é",
        "😀",
    ]
)


@given(st.lists(LITERALS | WORDS, max_size=12))
def test_no_literal_and_no_comment_survives(pieces: list[str]) -> None:
    assert MARK not in without_literals(" ".join(pieces))


@given(st.lists(LITERALS | WORDS, max_size=12), ANYTHING, SECRETS)
def test_nor_one_that_is_not_closed(pieces: list[str], rest: str, secret: str) -> None:
    for opening in ("'", "E'", "$$", "/* "):
        assert MARK not in without_literals(" ".join(pieces) + f" {opening}" + secret.replace("'", "").replace("$", "")
                                            .replace("*", ""))  # fmt: skip


@given(st.integers(min_value=1000) | st.floats(min_value=1000, allow_nan=False, allow_infinity=False))
def test_no_number_survives(number: float) -> None:
    for text in (f"select {number}", f"select t1 where a=-{number}and b", f"f({number},{number})"):
        assert str(number) not in without_literals(text)


def quoted(quote: str, secret: str) -> str:
    body = secret.replace("\\", "\\\\").replace(quote, "\\" + quote)
    return quote + (body if quote == "`" else body.replace("\n", "\\n")) + quote


SHELL = st.builds(quoted, st.sampled_from("\"'`"), SECRETS) | st.builds(
    lambda write, secret: write(secret),
    st.sampled_from(
        [lambda secret: "// " + secret.replace("\n", "") + "\n", lambda secret: "`x${`" + secret + "`} zqzq`"]
    ),
    SECRETS,
)


@given(st.lists(SHELL | st.sampled_from(["db.people.find(", "{", "}", "name:", "$gt:", ",", ")", "/a/i", "-", "7"])))
def test_no_literal_of_the_shell_survives(pieces: list[str]) -> None:
    assert MARK not in without_literals(" ".join(pieces), shell=True)


@given(st.text(max_size=300), st.booleans())
def test_any_text_becomes_a_short_line(text: str, shell: bool) -> None:
    assert len(without_literals(text, shell=shell)) <= LONGEST_KEPT


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("select * from t where a = 'x' and b > 12.5", "select * from t where a = ? and b > ?"),
        ("select  1,\n 2 -- one\n, 3", "select ?, …"),
        ("insert into t values (1, 'a'), (2, 'b'), (3, 'c')", "insert into t values (?, …), …"),
        ('select "a name", "it\'s 5" from "T"', 'select "a name", "?" from "T"'),
        ("alter role ann password 'hunter2' valid until '2030-01-01'", "alter role ann password ? valid until ?"),
        ('ALTER ROLE ann PASSWORD "hunter2"', "ALTER ROLE ann PASSWORD ?"),
        ("alter role ann password hunter2", "alter role ann password ?"),
        ("alter role ann password null", "alter role ann password null"),
        ("select password from people", "select password from people"),
        ("do $x$ begin perform 'hunter2'; end $x$", "do ?"),
        ("select date'2030-01-01', x'1f', U&'\\0041', e'\\''", "select date?, …"),
        ("select 'a\\' or b = 'hunter2'", "select ? …"),
        ("select $1, :name, t1.c2", "select $1, :name, t1.c2"),
        ("select /* a /* b */ hunter2 */ 1", "select ?"),
        ("select 'hunter2", "select ?"),
        ("select \"x from t where a = 'hunter2'", 'select "?"'),
        ("select 'dbk_" + "a" * 40 + "', dbk_" + "a" * 40, "select ?, dbk_***"),
        ("COPY users (a) FROM stdin;\nalice@example.org\tAda", "COPY users (a) FROM stdin; …"),
        ("copy t from stdin with (header);\nalice", "copy t from stdin with (header); …"),
        ("\\copy t from stdin\nalice", "\\copy t from stdin …"),
        ("copy t from stdin /* \n */ alice", "copy t from stdin …"),
        ("set app.tenant to acme", "set app.tenant to ?"),
        ("SET LOCAL x=acme, b; select c", "SET LOCAL x=?; select c"),
        ("set \"x\" = 'a\\' acme", 'set "x" = ? …'),
        ("ALTER ROLE ann IN DATABASE d SET x TO acme", "ALTER ROLE ann IN DATABASE d SET x TO ?"),
        ("ALTER DATABASE d SET x = acme", "ALTER DATABASE d SET x = ?"),
        ("set role ann", "set role ann"),
        ("set session authorization ann", "set session authorization ann"),
        ("update t set a = b, c = 'd' where e = f", "update t set a = b, c = ? where e = f"),
        (
            "insert into t values (1) on conflict (a) do update set a = excluded.a",
            "insert into t values (?) on conflict (a) do update set a = excluded.a",
        ),
        ("alter table t alter column c set default d", "alter table t alter column c set default d"),
        ("grant set on parameter p to ann", "grant set on parameter p to ann"),
        ("select 1$$my secret words$$, a", "select ??, a"),
        ("select 1a$$ b $$ secret words", "select ? …"),
        ("", ""),
    ],
)
def test_what_is_kept(text: str, kept: str) -> None:
    assert without_literals(text) == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('db.people.find({name: "Ann", age: {$gt: 30}}).limit(5)', "db.people.find({name: ?, age: {$gt: ?}}).limit(?)"),
        ("db.t.find({a: `b$c`})", "db.t.find({a: ?})"),
        ("x`a${`my secret`}`", "x? …"),
        ("db.t.find({a: /hunter2/i})", "db.t.find({a: ?})"),
        ('db.t.find("hunter2)', "db.t.find(? …"),
        ('4 / 2 + "a/" + "hunter2"', "? ? …"),
    ],
)
def test_what_is_kept_of_the_shell(text: str, kept: str) -> None:
    assert without_literals(text, shell=True) == kept


@pytest.mark.parametrize(
    "unit", ["'", "''", "\\'", "$a$", "/*", "--", '"', "$", "(1),", "x'", "a", "e'\\", "password ", "?,"]
)
def test_long_texts_take_no_time(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    began = time.process_time()
    assert len(without_literals(text)) <= LONGEST_KEPT
    assert len(without_literals("create role a " + text[:LONGEST_READ])) <= LONGEST_KEPT
    assert len(without_literals(text, shell=True)) <= LONGEST_KEPT
    assert time.process_time() - began < 2
