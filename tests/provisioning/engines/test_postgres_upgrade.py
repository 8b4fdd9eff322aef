"""The plan of an upgrade: pure, so tested without a server."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from dbaas_provisioning.engine import Binaries, ClusterSpec, UpgradePlan
from dbaas_provisioning.engines.postgres import ENGINE
from dbaas_provisioning.engines.postgres.upgrade import NEW_TOOLS, OLD_TOOLS
from dbaas_provisioning.nouns import Credential

FOLDER = Path("/data/.upgrade-1")
LIBC = {"provider": "c", "collate": "en_US.utf8", "ctype": "en_US.utf8", "locale": "", "checksums": "on"}


def spec(version: str, data_dir: str) -> ClusterSpec:
    binaries = Binaries("wheel", Path(f"/opt/{version}/bin"), version)
    return ClusterSpec(Path(data_dir), "127.0.0.1", 21000, binaries, 100, Credential("db:as\\", "s3:cret"))


def plan(like: dict[str, str] = LIBC, *, to: str = "18.1", clone: bool = False) -> UpgradePlan:
    return ENGINE.upgrade_plan(spec("16.2", "/data/a"), spec(to, "/data/a-18"), like, FOLDER, clone=clone)


def test_the_password_is_in_a_file_that_goes_away_and_nowhere_else() -> None:
    made = plan()
    assert made.private_files == {FOLDER / "password": "*:*:*:db\\:as\\\\:s3\\:cret\n"}
    lasting = [*made.check, *made.move, *made.env.values(), *made.old_files.values(), *made.new_files.values()]
    assert not any("cret" in text for text in lasting) and "cret" not in repr(made)


def test_files_are_copied_or_cloned_and_never_linked() -> None:
    assert not any("--link" in word or "--swap" in word for clone in (True, False) for word in plan(clone=clone).move)
    assert "--clone" in plan(clone=True).move and "--clone" not in plan().move
    assert plan().check == [*plan().move, "--check"]


def test_both_servers_take_the_administrator_over_a_socket_and_nobody_else() -> None:
    made = plan()
    for files in (made.old_files, made.new_files):
        assert files["pg_hba.conf"] == 'local all "db:as\\" scram-sha-256\n'
    assert set(made.old_files) == {"pg_hba.conf"} and f"--socketdir={FOLDER}" in made.move


@pytest.mark.parametrize(
    ("like", "to", "expected"),
    [
        (LIBC, "18.1", ["--locale-provider=libc", "--data-checksums"]),
        (LIBC | {"checksums": "off"}, "18.1", ["--locale-provider=libc", "--no-data-checksums"]),
        (LIBC | {"checksums": "off"}, "17.4", ["--locale-provider=libc"]),
        (LIBC | {"provider": "i", "locale": "en-US"}, "18.1",
         ["--locale-provider=icu", "--icu-locale=en-US", "--data-checksums"]),
        (LIBC | {"provider": "b", "locale": "C.UTF-8"}, "18.1",
         ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--data-checksums"]),
    ],
)  # fmt: skip
def test_the_new_cluster_sorts_and_checks_as_the_old_one(
    like: dict[str, str], to: str, expected: Sequence[str]
) -> None:
    [initdb] = plan(like, to=to).make.init
    assert initdb[-2 - len(expected) :] == ["--lc-collate=en_US.utf8", "--lc-ctype=en_US.utf8", *expected]
    assert initdb[0] == f"/opt/{to}/bin/initdb" and "--pgdata=/data/a-18" in initdb


def test_missing_programs_are_named() -> None:
    old = Binaries("system", Path("/a"), "15.1", tools=OLD_TOOLS)
    new = Binaries("wheel", Path("/b"), "18.1", tools=NEW_TOOLS)
    assert ENGINE.missing_tools(old, new) == []
    assert ENGINE.missing_tools(new, old) == sorted(NEW_TOOLS - OLD_TOOLS)
