"""``dbaas serve``: options, and what a JupyterHub says of them when it runs this as its service."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from dbaas_provisioning.errors import Invalid

from ..auth import HubSettings

__all__ = ["add_options", "serve_api"]

_PORT = 8400
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~%@+-]+)*")
_HUB = re.compile(r"[A-Za-z0-9._-]+")


def add_options(serve: argparse.ArgumentParser) -> None:
    """What can be said on the command line."""
    serve.add_argument("--host", help="default: 127.0.0.1, or where JupyterHub has its service")
    serve.add_argument("--port", type=_port, help=f"default: {_PORT}, or where JupyterHub has its service")
    serve.add_argument("--workers", type=_count, default=1)
    serve.add_argument("--public-url", help="what clients call this server, when a proxy stands before it")
    serve.add_argument(
        "--prefix", type=_prefix, help="the path that everything is below; default: JupyterHub's, or none"
    )
    serve.add_argument("--tls-cert", help="PEM file; needed to serve anything but loopback")
    serve.add_argument("--tls-key", help="PEM file")
    serve.add_argument("--hub-name", type=_hub, default="hub", help="of the JupyterHub, in its users' hub:NAME:USER")
    serve.add_argument(
        "--hub-admins-operate", action="store_true", help="the JupyterHub's administrators run the platform"
    )


def serve_api(options: argparse.Namespace) -> int:
    """Serve in the foreground until stopped."""
    from ..workers import ServeOptions, serve  # every door with it, which no other command needs

    hub = HubSettings.given(os.environ, options.hub_name, admins_operate=options.hub_admins_operate)
    told: Mapping[str, str] = os.environ if hub is not None else {}  # else it may be of a single-user server
    host, port = _address(told.get("JUPYTERHUB_SERVICE_URL", ""))
    return serve(
        ServeOptions(
            options.home,
            options.host or host,
            port if options.port is None else options.port,
            options.workers,
            options.public_url or told.get("JUPYTERHUB_PUBLIC_URL", "").rstrip("/") or None,
            options.tls_cert,
            options.tls_key,
            _prefix(told.get("JUPYTERHUB_SERVICE_PREFIX", "")) if options.prefix is None else options.prefix,
            hub,
        )
    )


def _address(url: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        return parts.hostname or "127.0.0.1", _PORT if parts.port is None else parts.port
    except ValueError:
        raise Invalid("hub_incomplete", "JUPYTERHUB_SERVICE_URL is no address.") from None


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 256:
        raise argparse.ArgumentTypeError("a number from 1 to 256")
    return int(text)


def _prefix(text: str) -> str:
    prefix = text.rstrip("/")
    if not _PREFIX.fullmatch(prefix):
        raise argparse.ArgumentTypeError("a prefix is like /services/dbaas")
    return prefix


def _hub(text: str) -> str:
    if not _HUB.fullmatch(text):
        raise argparse.ArgumentTypeError("letters, digits, dots, dashes and underscores")
    return text
