"""``%dbaas`` and ``%%dbaas`` on a real platform."""

from __future__ import annotations

import datetime
import re
from typing import Any
from uuid import uuid4

import numpy as np
import pandas as pd
import pytest

from dbaas.client import Client
from dbaas.errors import DbaasError, UsageError
from dbaas.nouns import Secret
from live_notebook import Shell

SECRET = re.compile(r"dbk_s\w{8,}|eyJ[\w-]{10,}\.|://[^:@/\s]+:[^@\s•]+@")


@pytest.fixture
def tenant(shell: Shell, client: Client) -> Any:
    """A tenant with a database, both current."""
    name = f"m{uuid4().hex[:10]}"
    shell.run(f"%dbaas tenant create {name}")
    shell.run("%dbaas create postgres shop")
    yield name
    client.tenant(name).drop()


def test_from_an_empty_tenant_to_an_answer(shell: Shell, client: Client) -> None:
    name = f"m{uuid4().hex[:10]}"
    shell.run(f"%dbaas tenant create {name}")
    assert "%dbaas create postgres shop" in shell.shown
    shell.run("%dbaas list")
    assert "no database yet" in shell.shown
    with pytest.raises(DbaasError, match=r"no database yet.*%dbaas create"):
        shell.run("%%dbaas\nselect 1")
    shell.run("%dbaas create postgres shop")
    assert f"{name}/shop" in shell.shown and "/rest/v1" in shell.shown and not SECRET.search(shell.shown + shell.html)
    shell.run("%dbaas schema")
    assert "no table yet" in shell.shown
    assert shell.run("%%dbaas\nselect 40 + 2 as answer").scalar() == 42
    assert "answer" in shell.html
    shell.run("%dbaas create postgres shop --if-not-exists")
    with pytest.raises(DbaasError) as refused:
        shell.run("%dbaas create postgres shop")
    assert refused.value.code == "database_exists"
    shell.run(f"%dbaas tenant create {name} --if-not-exists")
    client.tenant(name).drop()


def test_an_error_is_one_line_without_a_traceback(shell: Shell, tenant: str) -> None:
    for cell in (
        "%%dbaas\nselect * from nowhere",
        "%dbaas tennants",
        "%%dbaas\nselect :missing",
        "%dbaas drop nowhere --yes",
    ):
        with pytest.raises(DbaasError) as error:
            shell.run(cell)
        rendered = error.value._render_traceback_()
        assert len(rendered) == 1 and "\n" not in rendered[0]
        assert "Traceback" not in shell.shown


def test_variables_of_every_kind_reach_the_engine(shell: Shell, tenant: str) -> None:
    values = {
        "n": np.int64(2**40), "f": 1.5, "s": "it's :not $1", "nothing": None, "flag": np.bool_(True),
        "day": datetime.date(2013, 1, 1), "at": pd.Timestamp("2013-01-01 05:00", tz="UTC"), "listed": [1, None, 3],
        "doc": {"a": [1, {"b": "ü"}]}, "raw": b"\x00\xff", "span": datetime.timedelta(hours=1),
    }  # fmt: skip
    shell.ip.push(values)
    row = shell.run(
        "%%dbaas\nselect :n::int8 as n, :f::float8 as f, :s::text as s, :nothing::int as nothing, :flag::bool as flag,"
        " :day::date as day, :at::timestamptz as at, :listed::int[] as listed, :doc::jsonb as doc, :raw::bytea as raw,"
        " :span::interval = '1 hour' as span, (array[1,2,3])[1:2] as part, ':n' as text, :s = 'it''s :not $1' as same"
    ).dicts()[0]
    assert row == {
        "n": 2**40, "f": 1.5, "s": "it's :not $1", "nothing": None, "flag": True, "day": "2013-01-01",
        "at": "2013-01-01T05:00:00+00:00", "listed": [1, None, 3], "doc": {"a": [1, {"b": "ü"}]}, "raw": "\\x00ff",
        "span": True, "part": [1, 2], "text": ":n", "same": True,
    }  # fmt: skip


def test_injection_by_a_variable_is_data(shell: Shell, tenant: str) -> None:
    shell.run("%%dbaas\ncreate table canary (v text)")
    shell.ip.push({"evil": "x'); drop table canary; --"})
    shell.run("%%dbaas\ninsert into canary values (:evil)")
    assert shell.run("%%dbaas\nselect v from canary").scalar() == "x'); drop table canary; --"


def test_a_cell_gives_frames_and_variables(shell: Shell, tenant: str) -> None:
    frame = shell.run("%%dbaas --to pandas\nselect g n, nullif(g, 2) m from generate_series(1, 3) g")
    assert frame["n"].dtype == "int32" and frame["m"].dtype == "Int32" and frame["m"].isna().sum() == 1
    assert shell.run("%%dbaas shop --to polars >> p\nselect 1 a, 2 a") is not None
    assert shell.ip.user_ns["p"].columns == ["a", "a_2"]
    shell.run("%%dbaas --to arrow >> t\nselect now() at, 1.10::numeric price")
    assert str(shell.ip.user_ns["t"].schema.field("price").type).startswith("decimal128")
    shell.run("%%dbaas >> r\nselect * from generate_series(1, 250) g")
    assert len(shell.ip.user_ns["r"]) == 250 and "r:" in shell.shown


def test_what_is_stored_in_the_database_does_not_run_in_the_notebook(shell: Shell, tenant: str) -> None:
    shell.run("""%%dbaas
create table "<img src=x onerror=alert(1)>" ("<b>c</b>" text);""")
    shell.run("""%%dbaas
insert into "<img src=x onerror=alert(1)>"
values
('<script>alert(1)</script>'), (E'\\x1b[31m'), (repeat('x', 1048576))""")
    shell.run('%%dbaas\ntable "<img src=x onerror=alert(1)>"')
    assert "<script" not in shell.html and "<b>c" not in shell.html and "\x1b" not in shell.html + shell.shown
    assert len(shell.html) < 5_000 and "1,048,576 characters" in shell.html
    shell.run("%dbaas schema")
    assert "<img" not in shell.html and "&lt;img" in shell.html


def test_secrets_are_shown_only_when_asked_for(shell: Shell, tenant: str) -> None:
    shown = []
    for line in (
        "%dbaas keys create service_role >> key",
        "key",
        "%dbaas keys",
        "%dbaas rotate >> url",
        "url",
        "%dbaas connection-string",
        "%dbaas jwt --sub alice >> token",
        "token",
        "%dbaas create postgres two",
    ):
        shell.run(line)
        shown.append(shell.shown + shell.html)
    assert not SECRET.search("".join(shown))
    names = shell.ip.user_ns
    assert all(isinstance(names[name], Secret) for name in ("key", "url", "token"))
    assert names["key"].startswith("dbk_s") and names["url"].startswith("postgresql://")
    with pytest.raises(UsageError, match=r">> name.*--show"):
        shell.run("%dbaas keys create service_role")
    shell.run("%dbaas keys create service_role --show")
    assert SECRET.search(shell.shown) and "Clear this output" in shell.shown
    shell.run("%dbaas keys create anon")
    assert "dbk_p" in shell.shown


def test_every_line_of_a_cell_says_what_it_did(shell: Shell, tenant: str) -> None:
    shell.ip.push({"one": pd.DataFrame({"a": [1]}), "two": pd.DataFrame({"a": [1, 2]})})
    shell.run("%dbaas load one first\n%dbaas load two second\nnames = %dbaas schema")
    assert "1 row → first" in shell.shown and "2 rows → second" in shell.shown
    assert [table.name for table in shell.ip.user_ns["names"].items] == ["first", "second"]


def test_a_revoked_key_is_gone(shell: Shell, tenant: str) -> None:
    shell.run("%dbaas keys create anon >> key")
    (key,) = shell.run("%dbaas keys").items
    shell.run(f"%dbaas keys revoke {key.id}")
    assert shell.run("%dbaas keys").items[0].revoked_at


def test_drop_asks_and_takes_no_for_an_answer(shell: Shell, tenant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or "n")
    shell.run("%dbaas drop shop")
    assert "with all its data?" in asked[0] and "Nothing was dropped" in shell.shown
    monkeypatch.setattr("builtins.input", lambda question: "y")
    shell.run("%dbaas drop shop")
    shell.run("%dbaas list")
    assert "no database yet" in shell.shown
    with pytest.raises(DbaasError):
        shell.run("%dbaas drop shop --yes")


def test_use_chooses_by_either_name_and_suggests(shell: Shell, tenant: str) -> None:
    shell.run("%dbaas create postgres 'my db'")
    shell.run("%dbaas use shop")
    assert f"{tenant}/shop" in shell.shown
    assert shell.run("%%dbaas\nselect current_database()") is not None
    shell.run(f"%dbaas use '{tenant}/my db'")
    assert shell.run("%%dbaas\nselect 1").scalar() == 1
    shell.run(f"%dbaas use {tenant}")
    with pytest.raises(DbaasError, match="Did you mean shop"):
        shell.run("%dbaas use shup")
    with pytest.raises(DbaasError, match="no tenant"):
        shell.run("%dbaas use nobody-at-all/shop")


def test_schema_shows_columns_keys_and_what_is_reachable(shell: Shell, tenant: str) -> None:
    shell.run(
        "%%dbaas\ncreate table a (id int primary key);"
        "create table b (id int primary key, a_id int not null references a)"
    )
    shell.run("%dbaas schema")
    assert "owner" in shell.shown
    shell.run("%dbaas schema b")
    assert "a.id" in shell.shown and "primary" in shell.shown and "no" in shell.shown
    with pytest.raises(DbaasError, match="no table 'c'"):
        shell.run("%dbaas schema c")


def test_help_teaches_every_command(shell: Shell) -> None:
    shell.run("%dbaas help")
    assert all(word in shell.shown for word in ("tenant create", "load", "%%dbaas", "connect"))
    shell.run("%dbaas help load")
    assert "--primary-key" in shell.shown
    with pytest.raises(UsageError, match="Did you mean"):
        shell.run("%dbaas help laod")


def test_the_extension_leaves_as_it_came(shell: Shell) -> None:
    shell.run("%unload_ext dbaas")
    assert "dbaas" not in shell.ip.magics_manager.magics["line"]
    assert "dbaas" not in shell.ip.magics_manager.magics["cell"]
    assert not [m for m in shell.ip.Completer.custom_matchers if getattr(m, "matcher_identifier", "") == "dbaas"]
    shell.run("%load_ext dbaas")


def test_members_come_and_go_and_the_audit_says_so(shell: Shell, tenant: str) -> None:
    shell.run("%dbaas members invite jupyter:ann own\n%dbaas members set jupyter:ann view")
    assert [(one.person, one.right) for one in shell.run("%dbaas members").items] == [("jupyter:ann", "view")]
    with pytest.raises(UsageError, match=r">> name.*--show"):
        shell.run("%dbaas members invite ann@example.org own")
    shell.run("%dbaas members invite ann@example.org own >> token")
    token = shell.ip.user_ns["token"]
    assert isinstance(token, Secret) and token.startswith("dbi_") and token not in shell.shown + shell.html
    with pytest.raises(UsageError, match="view"):
        shell.run("%dbaas members set jupyter:ann vew")
    shell.run("%dbaas members remove jupyter:ann")
    assert shell.run("%dbaas members").items == []
    said = shell.run("%dbaas audit --action set_member").items
    assert [(one["target"], one["details"]["right"]) for one in said] == [
        ("jupyter:ann", "view"),
        ("jupyter:ann", "own"),
    ]
    assert shell.run("%dbaas audit --actor nobody").items == []
    before = said[0]["id"]
    [older] = shell.run(f"%dbaas audit --action set_member --before {before} --limit 1").items
    assert older["id"] == said[1]["id"]
    with pytest.raises(UsageError, match="--before"):
        shell.run("%dbaas audit --before yesterday")


def test_what_somebody_ran_is_in_the_audit_without_its_values(shell: Shell, tenant: str) -> None:
    shell.run("%%dbaas\nselect 'hunter2' as found -- hunter2")
    with pytest.raises(DbaasError):
        shell.run("%%dbaas\nselect 'hunter2' from nowhere")
    said = shell.run("%dbaas audit --database shop --action query").items
    assert "select ? as found  ms=" in shell.shown and "hunter2" not in str(said)
    assert [(one["outcome"], one["details"]["statement"]) for one in said] == [
        ("42P01", "select ? from nowhere"),
        ("ok", "select ? as found"),
    ]
    assert [one["id"] for one in shell.run("%dbaas audit --outcome 42P01").items] == [said[0]["id"]]
