"""Dumping and restoring a database as its owner would by hand, with PostgreSQL's own programs."""

from __future__ import annotations

import subprocess
from pathlib import Path

import psycopg

from dbaas_provisioning.engines.postgres import ENGINE
from dbaas_provisioning.nouns import Home

__all__ = ["dump", "restore"]


def dump(home: Home, url: str, path: Path) -> None:
    """Dump a database into a file in PostgreSQL's own format."""
    subprocess.run([_program("pg_dump", home, url), "--format=custom", f"--file={path}", url], check=True)


def restore(home: Home, url: str, path: Path, *options: str) -> str:
    """Restore a dump; returns what was complained of: an owner may not touch what the platform keeps beside his."""
    words = [_program("pg_restore", home, url), *options, f"--dbname={url}", str(path)]
    return subprocess.run(words, capture_output=True, text=True).stderr


def _program(name: str, home: Home, url: str) -> str:
    with psycopg.connect(url) as connection:
        major = str(connection.info.server_version // 10_000)
    return str(ENGINE.find_binaries(home.packages, major=major).bindir / name)
