"""What ``make test`` needs beyond Python packages, and how it runs the suite."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from frontend import frontend_env
from places import child_env, program
from steps import Failed, Log, root

__all__ = ["ensure_bench_needs", "ensure_needs", "run_pytest"]

_clients = root / "tests" / "clients" / "js"


@dataclass(frozen=True, slots=True)
class Need:
    """Something of the machine that tests use: how to see it, and Debian's names for it."""

    what: str
    present: Callable[[], bool]
    packages: Sequence[str]


def _postgres() -> bool:
    """A system PostgreSQL with its contrib extensions: the suite runs on it and on the wheel's."""
    return any(
        (share / "extension" / "pgcrypto.control").is_file()
        for share in Path("/usr/share/postgresql").glob("*")
        if (Path("/usr/lib/postgresql") / share.name / "bin" / "postgres").is_file()
    )


def _browser() -> bool:
    return any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))


_NEEDS = (
    Need("the distribution's PostgreSQL", _postgres, ("postgresql", "postgresql-contrib")),
    Need("Chromium", _browser, ("chromium",)),
    Need("curl", lambda: shutil.which("curl") is not None, ("curl",)),
    Need("jq", lambda: shutil.which("jq") is not None, ("jq",)),
)
_BENCH_NEEDS = (
    Need("psql", lambda: shutil.which("psql") is not None, ("postgresql-client",)),
    Need("curl", lambda: shutil.which("curl") is not None, ("curl",)),
    Need("wrk", lambda: shutil.which("wrk") is not None, ("wrk",)),
)


def ensure_needs(log: Log) -> None:
    """Install what the tests miss when that is allowed, else say it. Raises ``Failed``."""
    _ensure(log, "tests", _NEEDS)
    _ensure_npm_clients(log)


def ensure_bench_needs(log: Log) -> None:
    """The same for the figures."""
    _ensure(log, "figures", _BENCH_NEEDS)


def _ensure(log: Log, purpose: str, needs: Sequence[Need]) -> None:
    missing = [need for need in needs if not need.present()]
    packages = [package for need in missing for package in need.packages]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        with log.step(f"Installing {', '.join(packages)}"[:52]):
            env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            log.run(["apt-get", "update", "-qq"], env=env, remedy="Check the machine's package sources.")
            log.run(
                ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
                env=env,
                remedy=f"Install them yourself: apt-get install {' '.join(packages)}",
            )
        missing = [need for need in missing if not need.present()]
    if missing:
        raise Failed(
            f"the {purpose} need {', '.join(need.what for need in missing)}",
            f"sudo apt-get install {' '.join(packages)}, then run the command again.",
        )


def _ensure_npm_clients(log: Log) -> None:
    """The JavaScript clients that the data API is tested with."""
    lock = _clients / "package-lock.json"
    if not lock.is_file():
        return
    stamp = _clients / "node_modules" / ".package-lock.json"
    if stamp.is_file() and stamp.stat().st_mtime >= lock.stat().st_mtime:
        return
    with log.step("Installing the JavaScript clients for the tests"):
        log.run(
            [program("npm"), "ci", "--no-audit", "--no-fund"],
            cwd=_clients,
            env=frontend_env(),
            remedy="Check that npm packages can be downloaded from here, then run the command again.",
        )


def run_pytest(*arguments: str) -> None:
    """Run pytest in the foreground; its closing line ends the task's output. Raises ``Failed``."""
    result = subprocess.run(
        [program("python"), "-m", "pytest", *arguments],
        cwd=root,
        env={**frontend_env(), **child_env()},
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if result.returncode != 0:
        raise Failed(f"pytest (exit status {result.returncode})", "Correct what is reported above.")
