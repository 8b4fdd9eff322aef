"""The launch plan of PostgreSQL: pure, so tested without a server."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import make_url

from dbaas_provisioning.engine import Binaries, ClusterSpec
from dbaas_provisioning.engines.postgres import ENGINE
from dbaas_provisioning.engines.postgres.launch import locale_arguments, render
from dbaas_provisioning.nouns import Cluster, ClusterState, Credential, Endpoint


def spec(**more: object) -> ClusterSpec:
    binaries = Binaries("wheel", Path("/opt/pg/bin"), "18.1", **more)  # type: ignore[arg-type]
    return ClusterSpec(Path("/data/c1"), "127.0.0.1", 21000, binaries, 100, Credential("dbaas", "s3cret"))


def test_the_password_is_in_no_command_and_in_no_lasting_file() -> None:
    plan = ENGINE.plan(spec())
    lasting = [*plan.argv, *(word for argv in plan.init for word in argv), *plan.files.values(), *plan.env.values()]
    assert not any("s3cret" in text for text in lasting)
    assert "s3cret" not in repr(plan)
    assert [text.strip() for text in plan.init_files.values()] == ["s3cret"]


def test_only_loopback_and_only_with_a_password() -> None:
    files = ENGINE.plan(spec()).files
    assert "listen_addresses = '127.0.0.1'" in files["postgresql.conf"]
    assert "unix_socket_directories = ''" in files["postgresql.conf"]
    rules = [line.split() for line in files["pg_hba.conf"].splitlines() if line]
    assert all(rule[0] == "host" and rule[3] == "127.0.0.1/32" and rule[4] == "scram-sha-256" for rule in rules)


def test_durability_is_never_switched_off() -> None:
    text = ENGINE.plan(spec()).files["postgresql.conf"]
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        assert setting not in text


def test_modules_are_preloaded_only_where_the_build_has_them() -> None:
    assert "shared_preload_libraries = ''" in ENGINE.plan(spec()).files["postgresql.conf"]
    with_it = spec(extensions=frozenset({"pg_stat_statements"}))
    assert "shared_preload_libraries = 'pg_stat_statements'" in ENGINE.plan(with_it).files["postgresql.conf"]


@pytest.mark.parametrize(
    ("version", "icu", "locales", "expected"),
    [
        ("15.1", True, {"en_US.utf8"}, ["--locale=en_US.utf8", "--locale-provider=icu", "--icu-locale=en-US"]),
        ("15.1", False, {"en_US.utf8", "C.utf8"}, ["--locale=en_US.utf8"]),
        ("15.1", False, {"C.utf8"}, ["--locale=C.utf8"]),
        ("18.1", False, {"C.utf8"}, ["--locale=C.utf8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]),
        ("18.1", False, set(), ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]),
    ],
)
def test_the_locale_is_the_best_that_build_and_machine_have(
    version: str, icu: bool, locales: set[str], expected: list[str]
) -> None:
    binaries = Binaries("system", Path("/x"), version, icu=icu, locales=frozenset(locales))
    assert list(locale_arguments(binaries)) == expected


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")))
def test_no_value_can_become_a_setting_of_its_own(value: str) -> None:
    lines = render({"cluster_name": value}).split("\n")
    assert len(lines) == 2
    assert lines[1] == ""
    inner = lines[0].removeprefix("cluster_name = '").removesuffix("'")
    assert "'" not in inner.replace("''", "")
    assert inner.replace("''", "'").replace("\\n", "\n").replace("\\\\", "\\").count("\n") >= value.count("\n")


WORD = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30)


@given(WORD, WORD, WORD)
def test_a_connection_string_says_what_was_put_in(user: str, password: str, name: str) -> None:
    cluster = Cluster(
        id=UUID(int=1), tenant_id=None, engine="postgres", runtime="local", version="18",
        endpoint=Endpoint("127.0.0.1", 5), data_dir=Path("/x"), state=ClusterState.running,
    )  # fmt: skip
    url = ENGINE.connection_string(cluster, name, Credential(user, password))
    assert psycopg.conninfo.conninfo_to_dict(url) == {
        "host": "127.0.0.1", "port": "5", "user": user, "password": password, "dbname": name,
    }  # fmt: skip
    parsed = make_url(url)
    assert (parsed.username, parsed.password) == (user, password)
    assert (parsed.database or parsed.query["dbname"]) == name
