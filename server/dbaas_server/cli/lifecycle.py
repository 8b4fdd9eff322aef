"""``dbaas dump | dumps | restore | undrop | branch | import``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from dbaas_provisioning.nouns import Dump
from dbaas_provisioning.platform import Step

from ..control.render import dump_json
from .opened import opened
from .show import print_fields, print_rows, size_text
from .tenancy import reach

__all__ = ["add_commands"]

Add = Callable[[str, str, object], argparse.ArgumentParser]


def add_commands(
    command: Add, pair: Callable[[str], tuple[str, str]], tenant_or_pair: Callable[[str], tuple[str, str | None]]
) -> None:
    """Their grammar.

    Args:
        command: makes a command of a name, a sentence and what to run.
        pair: reads ``TENANT/DATABASE``.
        tenant_or_pair: reads that, or a tenant alone.
    """
    dumped = command("dump", "Dump a database; the platform keeps the dump unless a path is given.", dump)
    dumped.add_argument("database", metavar="TENANT/DATABASE", type=pair)
    dumped.add_argument("path", nargs="?", type=Path, help="where to put it instead; nothing may be there")
    form = dumped.add_mutually_exclusive_group()
    form.add_argument("--file", action="store_true", help="as one file (the default)")
    form.add_argument("--folder", action="store_true", help="as a folder")
    listed = command("dumps", "List the dumps that are kept of a database, or remove one.", dumps)
    listed.add_argument("database", metavar="TENANT/DATABASE", type=pair)
    listed.add_argument("--remove", metavar="ID", type=UUID)
    restored = command("restore", "Bring a dump back: all of it, or nothing changes.", restore)
    restored.add_argument("database", metavar="TENANT/DATABASE", type=pair)
    restored.add_argument("dump", metavar="DUMP", help="the id of a kept dump, or the path of a file or folder")
    restored.add_argument("--as", dest="as_new", metavar="NEW", help="into a new database of that name")

    brought = command("undrop", "List dropped databases, or bring one back with new passwords.", undrop)
    brought.add_argument("database", metavar="TENANT[/DATABASE]", type=tenant_or_pair)
    brought.add_argument("--as", dest="as_new", metavar="NEW", help="under that name")
    copied = command("branch", "Copy a database into a new one, with logins of its own.", branch)
    copied.add_argument("database", metavar="TENANT/DATABASE", type=pair)
    copied.add_argument("new", metavar="NEW")
    copied.add_argument("--schema-only", action="store_true", help="without rows")
    taken = command("import", "Take over a PostgreSQL database that runs elsewhere.", take_over)
    taken.add_argument("database", metavar="TENANT/DATABASE", type=pair, help="the new one")
    taken.add_argument(
        "--dsn", required=True, help="where it is, as whom; - reads it from standard input, where nobody sees it"
    )
    taken.add_argument("--expose", choices=["policies", "all"], default="policies", help="which tables the API shows")


async def dump(options: argparse.Namespace) -> None:
    """Dump a database."""
    tenant, name = options.database
    async with opened(options.home) as here:
        work = here.platform.lifecycle
        if options.path is None:
            fields = _fields(await work.dump(tenant, name, actor=here.actor, progress=_teller()), options)
        else:
            path = options.path.absolute()
            size = await work.dump_at(
                tenant, name, path, packed=not options.folder, actor=here.actor, progress=_teller()
            )
            fields = {"path": str(path), **_sizes({"size_bytes": size}, options)}
    print_fields(fields, as_json=options.json)


async def dumps(options: argparse.Namespace) -> None:
    """List dumps, or remove one."""
    tenant, name = options.database
    async with opened(options.home) as here:
        if options.remove is not None:
            await here.platform.lifecycle.delete_dump(tenant, name, options.remove, actor=here.actor)
            print_fields({"removed": str(options.remove)}, as_json=options.json)
            return
        found = await here.platform.lifecycle.dumps(tenant, name)
    print_rows(
        [_fields(each, options) for each in found],
        ["id", "made_at", "server_version", "size", "expires_at"],
        as_json=options.json,
        empty=f"No dump yet: dbaas dump {tenant}/{name}",
    )


async def restore(options: argparse.Namespace) -> None:
    """Bring a dump back."""
    tenant, name = options.database
    async with opened(options.home) as here:
        database = await here.platform.lifecycle.restore(
            tenant, name, _source(options.dump), as_new=options.as_new, actor=here.actor, progress=_teller()
        )
        fields = await reach(here, tenant, database)
    print_fields(fields, as_json=options.json)


async def undrop(options: argparse.Namespace) -> None:
    """List what can come back, or bring it back."""
    tenant, name = options.database
    async with opened(options.home) as here:
        if name is not None:
            database = await here.platform.lifecycle.undrop(
                tenant, name, as_new=options.as_new, actor=here.actor, progress=_teller()
            )
            print_fields(await reach(here, tenant, database), as_json=options.json)
            return
        found = await here.platform.lifecycle.undroppable(tenant)
    print_rows(
        [_fields(each, options) for each in found],
        ["database", "engine", "size", "made_at", "expires_at"],
        as_json=options.json,
        empty="No database of this tenant was dropped in the last week.",
    )


async def branch(options: argparse.Namespace) -> None:
    """Copy a database."""
    tenant, name = options.database
    async with opened(options.home) as here:
        database = await here.platform.lifecycle.branch(
            tenant, name, options.new, schema_only=options.schema_only, actor=here.actor, progress=_teller()
        )
        fields = await reach(here, tenant, database)
    print_fields(fields, as_json=options.json)


async def take_over(options: argparse.Namespace) -> None:
    """Take over a database."""
    tenant, name = options.database
    dsn = sys.stdin.readline().strip() if options.dsn == "-" else options.dsn
    async with opened(options.home) as here:
        database = await here.platform.lifecycle.take_over(
            tenant, name, dsn, exposure=options.expose, foreign=False, actor=here.actor, progress=_teller()
        )
        fields = await reach(here, tenant, database)
    print_fields(fields, as_json=options.json)


def _source(text: str) -> UUID | Path:
    try:
        return UUID(text)
    except ValueError:
        return Path(text).expanduser().absolute()


def _teller() -> Callable[[Step], None]:
    """Tells people at a terminal what is being done; scripts are told nothing."""
    if not sys.stderr.isatty():
        return lambda _: None
    begun = 0

    def tell(step: Step) -> None:
        nonlocal begun
        end = ""
        if step.tables is not None:
            done, tables = step.tables
            size = "" if step.size_bytes is None else f", {size_text(step.size_bytes)}"
            end = f": {done} of {tables}{size}"
        sys.stderr.write(("\n" if begun and step.number != begun else "") + f"\r\x1b[K{step.doing}{end} ")
        sys.stderr.flush()
        begun = step.number

    return tell


def _fields(found: Dump, options: argparse.Namespace) -> dict[str, Any]:
    return _sizes(dump_json(found), options)


def _sizes(fields: dict[str, Any], options: argparse.Namespace) -> dict[str, Any]:
    if options.json:
        return fields
    return {
        ("size" if name == "size_bytes" else name): size_text(value) if name == "size_bytes" else value
        for name, value in fields.items()
        if value is not None or name == "expires_at"
    }
