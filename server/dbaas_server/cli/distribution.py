"""``dbaas distribution | distribute | reference | undistribute | rebalance``: tables over workers, with Citus."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace

from dbaas_provisioning.distribution import TableName

from ..control.distribution import distribution_json
from .opened import Opened, opened
from .show import print_fields, print_rows

__all__ = ["add_commands"]


def add_commands(command: Callable[..., argparse.ArgumentParser], pair: Callable[[str], tuple[str, str]]) -> None:
    """Their grammar; ``pair`` reads ``TENANT/DATABASE``."""

    def one(name: str, text: str, run: object, *, table: bool = True) -> argparse.ArgumentParser:
        made = command(name, text, run)
        made.add_argument("database", metavar="TENANT/DATABASE", type=pair)
        if table:
            made.add_argument("table")
            made.add_argument("--schema", default="public")
        return made

    one("distribution", "List Citus' workers and distributed tables.", show, table=False)
    spread = one("distribute", "Spread a table's rows over Citus' workers.", distribute)
    spread.add_argument("--by", required=True, metavar="COLUMN", help="rows with the same value stay together")
    spread.add_argument("--beside", metavar="TABLE", help="together with that table's rows, of the same schema")
    one("reference", "Have a whole copy of a table on every worker.", make_reference)
    local = one("undistribute", "Make a distributed table one of its database's own server again.", undistribute)
    local.add_argument("--cascade", action="store_true", help="and those that foreign keys relate it to")
    one("rebalance", "Begin to move rows until workers hold the same.", rebalance, table=False)


async def show(options: argparse.Namespace) -> None:
    """List workers and tables."""
    async with opened(options.home) as here:
        await _print(here, options)


async def distribute(options: argparse.Namespace) -> None:
    """Spread a table."""
    tenant, name = options.database
    table = _table(options)
    beside = replace(table, name=options.beside) if options.beside else None
    async with opened(options.home) as here:
        work = here.platform.distribution
        await work.distribute(tenant, name, table, options.by, beside=beside, actor=here.actor)
        await _print(here, options)


async def make_reference(options: argparse.Namespace) -> None:
    """Copy a table to every worker."""
    tenant, name = options.database
    async with opened(options.home) as here:
        await here.platform.distribution.make_reference(tenant, name, _table(options), actor=here.actor)
        await _print(here, options)


async def undistribute(options: argparse.Namespace) -> None:
    """Bring a table back."""
    tenant, name = options.database
    async with opened(options.home) as here:
        await here.platform.distribution.undistribute(
            tenant, name, _table(options), cascade=options.cascade, actor=here.actor
        )
        await _print(here, options)


async def rebalance(options: argparse.Namespace) -> None:
    """Begin to move rows."""
    async with opened(options.home) as here:
        await here.platform.distribution.rebalance(*options.database, actor=here.actor)
        await _print(here, options)


def _table(options: argparse.Namespace) -> TableName:
    return TableName(options.schema, options.table)


async def _print(here: Opened, options: argparse.Namespace) -> None:
    fields = distribution_json(await here.platform.distribution.read(*options.database))
    if options.json:
        print_fields(fields, as_json=True)
        return
    last = fields["rebalance"]
    workers = ", ".join(f"{each['host']}:{each['port']}" for each in fields["workers"])
    print_fields({"citus": fields["version"], "workers": workers, "rebalance": last and last["state"]}, as_json=False)
    print_rows(
        fields["tables"], ["schema", "table", "kind", "column", "colocation"], as_json=False,
        empty="No table is distributed yet.",
    )  # fmt: skip
