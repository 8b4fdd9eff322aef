"""Finding a PostgreSQL installation."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dbaas_provisioning.accounts import engine_account
from dbaas_provisioning.engines.postgres import ENGINE
from dbaas_provisioning.engines.postgres.binaries import WHEEL_MODULE
from dbaas_provisioning.errors import Unavailable
from dbaas_provisioning.packages.system import installations
from dbaas_provisioning.packages.wheel import copy_within_reach, package_folder


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    return tmp_path


@pytest.mark.every_build
def test_what_is_found_was_looked_at_and_not_assumed(build: str, packages: Path) -> None:
    found = ENGINE.find_binaries(packages)
    assert found.origin == build
    assert {"postgres", "initdb", "pg_dump", "psql"} <= found.tools
    assert "plpgsql" in found.extensions
    assert found.version.startswith(found.major)


def test_the_wheel_has_no_contrib_extensions_and_says_so(packages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBAAS_POSTGRES_BIN", "wheel")
    found = ENGINE.find_binaries(packages)
    assert "pg_stat_statements" not in found.extensions
    assert not found.ssl
    assert not found.icu


def test_a_folder_can_be_chosen(packages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBAAS_POSTGRES_BIN", "wheel")
    bindir = ENGINE.find_binaries(packages).bindir
    monkeypatch.setenv("DBAAS_POSTGRES_BIN", str(bindir))
    found = ENGINE.find_binaries(packages)
    assert (found.origin, found.bindir) == ("setting", bindir)


def test_a_setting_that_names_nothing_is_an_error_and_not_ignored(
    packages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBAAS_POSTGRES_BIN", str(packages))
    with pytest.raises(Unavailable) as refused:
        ENGINE.find_binaries(packages)
    assert refused.value.code == "engine_setting_wrong"


def test_existing_data_decides_the_version_whatever_the_setting(
    packages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBAAS_POSTGRES_BIN", "wheel")
    newest = ENGINE.find_binaries(packages)
    older = ENGINE.find_binaries(packages, major="16", origin="wheel")
    assert (older.origin, older.major) == ("wheel", "16")
    assert older.bindir != newest.bindir


def test_a_version_that_is_not_here_is_told_with_its_number(packages: Path) -> None:
    with pytest.raises(Unavailable) as refused:
        ENGINE.find_binaries(packages, major="9")
    assert refused.value.code == "engine_missing"
    assert "PostgreSQL 9" in refused.value.message


def test_links_on_the_path_are_followed_and_lone_programs_are_no_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, links, lone = (tmp_path / name for name in ("real", "links", "lone"))
    for folder in (real, links, lone):
        folder.mkdir()
    for program in ("one", "two"):
        (real / program).write_text("#!/bin/sh\n")
        (real / program).chmod(0o755)
    (links / "one").symlink_to(real / "one")
    (lone / "one").write_text("#!/bin/sh\n")
    (lone / "one").chmod(0o755)
    monkeypatch.setenv("PATH", f"{links}{os.pathsep}{lone}")
    assert list(installations(["one", "two"], [lone])) == [real]


def test_a_copy_of_the_wheel_is_complete_made_once_and_within_reach(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    distribution = WHEEL_MODULE.replace("_", "-")
    copy = copy_within_reach(WHEEL_MODULE, distribution, tmp_path)
    made = copy.stat().st_ctime_ns
    assert copy_within_reach(WHEEL_MODULE, distribution, tmp_path) == copy
    assert copy.stat().st_ctime_ns == made
    source = package_folder(WHEEL_MODULE)
    assert source is not None
    for program in source.glob("*/bin/*"):
        copied = copy / program.relative_to(source)
        assert copied.stat().st_mode & 0o005 == 0o005, copied
    assert not list(tmp_path.glob(".making-*"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs engines as somebody else")
def test_root_copies_what_the_engines_user_cannot_reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in an environment below root's home: the package is there, and the other user cannot get to it."""
    hidden = tmp_path / "hidden"
    source = package_folder(WHEEL_MODULE)
    assert source is not None
    hidden.mkdir(mode=0o700)
    (hidden / WHEEL_MODULE).symlink_to(source)
    packages = Path("/tmp") / f"dbaas-packages-{os.getpid()}"
    packages.mkdir(mode=0o755)
    monkeypatch.setenv("DBAAS_POSTGRES_BIN", "wheel")
    monkeypatch.setattr(
        "dbaas_provisioning.engines.postgres.binaries.package_folder", lambda module: hidden / WHEEL_MODULE
    )
    try:
        found = ENGINE.find_binaries(packages)
        account = engine_account()
        assert account is not None
        assert found.bindir.is_relative_to(packages)
    finally:
        import shutil

        shutil.rmtree(packages)
