"""``dbaas up | status | down``."""

from __future__ import annotations

import argparse

from dbaas_provisioning.platform import Platform

from ..daemon_link import SocketSupervision, is_up, start_daemon, stop_daemon
from ..home import read_run_file
from .show import print_fields

__all__ = ["down", "status", "up"]


async def up(options: argparse.Namespace) -> int:
    """Start the daemon; the same answer when it runs already."""
    run_file = await start_daemon(options.home)
    print_fields(
        {"state": "up", "url": run_file.url, "home": str(options.home.path), "pid": run_file.pid}, as_json=options.json
    )
    return 0


async def status(options: argparse.Namespace) -> int:
    """Tell what runs; status 1 when the platform is down."""
    run_file = read_run_file(options.home)
    if run_file is None or not await is_up(options.home):
        print_fields({"state": "down", "home": str(options.home.path)}, as_json=options.json)
        return 1
    platform = await Platform.open(options.home, SocketSupervision(options.home))
    try:
        tenants = await platform.tenants()
        databases = sum([len(await platform.databases(tenant.subdomain)) for tenant in tenants])
    finally:
        await platform.close()
    print_fields(
        {
            "state": "up",
            "url": run_file.url,
            "home": str(options.home.path),
            "pid": run_file.pid,
            "version": run_file.version,
            "tenants": len(tenants),
            "databases": databases,
        },
        as_json=options.json,
    )
    return 0


async def down(options: argparse.Namespace) -> int:
    """Stop everything; fine when nothing runs."""
    stopped = await stop_daemon(options.home)
    print_fields({"state": "down", "was_up": stopped, "home": str(options.home.path)}, as_json=options.json)
    return 0
