"""``dbaas upgrade``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from dbaas_provisioning.platform import Step

from ..control.upgrading import cluster_json
from .opened import opened
from .show import print_fields

__all__ = ["add_commands"]


def add_commands(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add it to the command line's grammar."""
    upgrade = command("upgrade", "Move a tenant's server to a newer major version.", _upgrade)
    upgrade.add_argument("tenant")
    upgrade.add_argument("--to", required=True, metavar="VERSION", help="the major version, such as 18")
    upgrade.add_argument("--engine", default="postgres", help="postgres (default) or document")


async def _upgrade(options: argparse.Namespace) -> None:
    def tell(step: Step) -> None:
        if not options.json:
            sys.stderr.write(f"{step.number}/{step.of} {step.doing}\n")

    async with opened(options.home) as here:
        cluster = await here.platform.upgrades.upgrade(
            options.tenant, options.engine, options.to, actor=here.actor, progress=tell
        )
    print_fields({"tenant": options.tenant, **cluster_json(cluster)}, as_json=options.json)
