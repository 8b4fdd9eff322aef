"""``dbaas clusters add | list | show | update | remove``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dbaas_provisioning.errors import Invalid

from ..control.clusters import shown
from .opened import opened
from .show import print_fields, print_rows

__all__ = ["add_commands"]

_COLUMNS = ("name", "version", "state", "host", "port", "databases")


def add_commands(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], command: Callable[..., argparse.ArgumentParser]
) -> None:
    """Join the grammar; ``command(name, text, run, group)`` makes one of them."""
    clusters = commands.add_parser("clusters", help="Register servers that run elsewhere.", allow_abbrev=False)
    actions = clusters.add_subparsers(metavar="ACTION", required=True)
    added = command("add", "Register a server; databases can be placed on it.", add, actions)
    added.add_argument("name")
    added.add_argument(
        "--dsn",
        required=True,
        help="- reads it from standard input; of its administrator: postgresql://user:password@host:5432/postgres",
    )
    added.add_argument("--ca", type=Path, metavar="FILE", help="certificates that vouch for it, in PEM")
    command("list", "List registered servers.", list_all, actions)
    told = command("show", "Tell what the platform can do on a server, and what not.", show, actions)
    told.add_argument("name")
    changed = command("update", "Look again what can be done, or at another address.", update, actions)
    changed.add_argument("name")
    changed.add_argument("--dsn")
    changed.add_argument("--ca", type=Path, metavar="FILE")
    removed = command("remove", "Forget a server that has no databases of the platform's.", remove, actions)
    removed.add_argument("name")


async def add(options: argparse.Namespace) -> None:
    """Register a server."""
    authority, dsn = _read(options.ca) or "", _dsn(options.dsn)
    async with opened(options.home) as here:
        cluster = await here.platform.placement.add(options.name, dsn, authority=authority, actor=here.actor)
        fields = await shown(here.platform, cluster)
    _print(fields, as_json=options.json)


async def list_all(options: argparse.Namespace) -> None:
    """List registered servers."""
    async with opened(options.home) as here:
        rows = [await shown(here.platform, cluster) for cluster in await here.platform.placement.all()]
    print_rows(rows, _COLUMNS, as_json=options.json, empty="No server yet: dbaas clusters add NAME --dsn DSN")


async def show(options: argparse.Namespace) -> None:
    """Print what can be done on a server."""
    async with opened(options.home) as here:
        cluster = await here.platform.placement.named(options.name)
        fields = await shown(here.platform, cluster)
    _print(fields, as_json=options.json)


async def update(options: argparse.Namespace) -> None:
    """Probe a server again."""
    authority, dsn = _read(options.ca), _dsn(options.dsn) if options.dsn is not None else None
    async with opened(options.home) as here:
        cluster = await here.platform.placement.update(options.name, dsn=dsn, authority=authority, actor=here.actor)
        fields = await shown(here.platform, cluster)
    _print(fields, as_json=options.json)


async def remove(options: argparse.Namespace) -> None:
    """Forget a server."""
    async with opened(options.home) as here:
        await here.platform.placement.remove(options.name, actor=here.actor)
    print_fields({"removed": options.name}, as_json=options.json)


def _print(fields: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_fields(fields, as_json=True)
        return
    told = {name: fields[name] for name in _COLUMNS}
    told |= {
        ability["name"]: f"{ability['state'].replace('_', ' ')}: {ability['sentence']}"
        for ability in fields["abilities"]
    }
    print_fields(told, as_json=False)


def _dsn(text: str) -> str:
    """Others on the machine can see a command's words; hence it may come by another way."""
    return sys.stdin.readline().strip() if text == "-" else text


def _read(file: Path | None) -> str | None:
    if file is None:
        return None
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise Invalid("file_unreadable", f"{file} cannot be read.") from None
