"""What is left of statements that set passwords."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbaas_provisioning.platform.passwords import without_passwords

SECRET = "hunter2"

TEXTS = [
    "create role app login password 'hunter2'",
    "CREATE USER app WITH ENCRYPTED PASSWORD 'hunter2' VALID UNTIL 'infinity'",
    "alter role app password\n  'hunter2'; select 1",
    "alter role app password /* new */ 'hunter2'",
    "alter role app password -- new\n 'hunter2'",
    "alter /* x */ role app password e'\\'hunter2'",
    "alter role app password 'it''s hunter2'",
    "alter role app password U&'hunter2' uescape '!'",
    "alter role app password $$hunter2$$",
    "alter role app password $x$ $$ hunter2$x$",
    "alter role app password 'hun'\n'hunter2'",
    "alter role app password 'hunter2",
    "alter role app password $a$hunter2",
    "alter role app password /* " + "x" * 500 + " */ 'hunter2'",
    "do $$ begin execute format('alter role app password %L', 'hunter2'); end $$",
    "do $$ begin execute 'create role app password ' || quote_literal('hunter2'); end $$",
    "create user mapping for app server s options (user 'u', password 'hunter2')",
    "create subscription s connection 'host=h password=hunter2 user=u' publication p",
    "create subscription s connection 'host=h user=u password=''s3 hunter2''' publication p",
    "create subscription s connection 'password = '' hunter2'' host=h' publication p",
    "create subscription s connection 'host=h password=''s3\\''hunter2''' publication p",
    "alter subscription s connection E'password=\\'s3 hunter2\\' host=h'",
    "alter subscription s connection 'sslpassword=''s3 hunter2'",
    "do $$ begin perform dblink_connect('password=''s3 hunter2'''); end $$",
    "alter server s options (set sslpassword 'hunter2')",
    "create user mapping for app server s options (user 'u', sslpassword 'hunter2')",
    "create server s foreign data wrapper w options (\"oauth_client_secret\" 'hunter2')",
    "create server s foreign data wrapper w options (access_token 'hunter2')",
    "alter server s options (set password --\n--" + "x" * 300 + "\n 'hunter2')",
    "select * from dblink('host=h password = hunter2', 'select 1') as t (a int)",
    "select * from users where password = 'hunter2'",
    "update users set \"password\" = 'hunter2'",
    "select sign_in(password => 'hunter2')",
    'insert into kept values (\'{"password": "hunter2"}\')',
    'db.createUser({user: "app", pwd: "hunter2", roles: []})',
    "db.updateUser('app', {pwd: 'hunter2'})",
    'db.runCommand({updateUser: "app", "pwd": "hunter2"})',
    "select 'postgresql://app:hunter2@host/db'",
    "select 'dbk_s_hunter2'",
]


@pytest.mark.parametrize("text", TEXTS)
def test_no_password_is_kept(text: str) -> None:
    assert SECRET not in (without_passwords(text) or "")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("create role app login password 'x' createdb", "create role app login password '***' createdb"),
        ("alter role app password null", "alter role app password null"),
        ("create table users (name text, password text)", "create table users (name text, password text)"),
        ('select password "Pass" from users', 'select password "Pass" from users'),
        ("select password, 'a' from users", "select password, 'a' from users"),
        ("alter table users drop column password", "alter table users drop column password"),
        ("alter role app set search_path = 'a'", "alter role app set search_path = 'a'"),
        ("select 1", "select 1"),
        (
            "update users set password = '', name = '' where a = ''",
            "update users set password = '***', name = '' where a = ''",
        ),
        ("select * from a join b on a.token = b.token", "select * from a join b on a.token = b.token"),
        (
            "create subscription s connection 'host=h password=''a b'' user=u' publication p",
            "create subscription s connection 'host=h password=*** user=u' publication p",
        ),
        (
            "create user mapping for a server s options (sslpassword 'x', user 'u')",
            "create user mapping for a server s options (sslpassword '***', user 'u')",
        ),
        ("drop subscription passwords", "drop subscription passwords"),
        ('db.t.insertOne({pwd: "a\\"b", n: 1})', 'db.t.insertOne({pwd: "***", n: 1})'),
    ],
)
def test_the_rest_stays_as_it_was_typed(text: str, kept: str) -> None:
    assert without_passwords(text) == kept


@given(
    before=st.text(alphabet="ab(,= \n\"$'/*-:", max_size=12),
    gap=st.sampled_from([" ", "\n", " /* x */ ", "--x\n", "\t"]),
    quoted=st.sampled_from(["'{}'", "E'{}'", "$${}$$", "$t${}$t$"]),
    after=st.text(max_size=12),
)
def test_a_literal_behind_the_word_is_gone_whatever_stands_around_it(
    before: str, gap: str, quoted: str, after: str
) -> None:
    text = f"{before} alter role app password{gap}{quoted.format(SECRET)}{after}"
    assert SECRET not in (without_passwords(text) or "")


@pytest.mark.parametrize(
    "part",
    ["password ", "password /*", "password '", "password $", "password $a$ ", 'password="', "create ", " ", "\n--",
     "password=", "password E'\\", "alter role ", "pwd: ", "/* ", "password''",
     "x", "a_", "'password=''", "'password=''\\", "e'pwd=\\'",
     "create server password ", "secret", "$a$ password=''"],
)  # fmt: skip
def test_no_text_takes_long(part: str) -> None:
    for text in (part * (100_000 // len(part)), "alter role a password" + part * (100_000 // len(part))):
        begun = time.process_time()
        without_passwords(text)
        assert time.process_time() - begun < 5
