"""``dbaas serve``: the stand-alone server on N processes, restarted one by one without a refused connection."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import ssl
import sys
import time
from dataclasses import dataclass

from tornado.netutil import bind_sockets

from dbaas_provisioning.errors import Unavailable
from dbaas_provisioning.nouns import Home
from dbaas_provisioning.platform import Platform

from .auth import Hub, HubSettings
from .daemon_link import SocketSupervision, start_daemon
from .routes import ROUTER
from .services import Services
from .standalone import Listener
from .tls import check_address, server_context

__all__ = ["ServeOptions", "serve"]

log = logging.getLogger("dbaas.serve")

_RESTART_PAUSE_SECONDS = 1.0
_SHORT_LIFE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """Where and how to serve. Without TLS only loopback addresses are allowed.

    Attributes:
        prefix: the path that everything is below, as ``/services/dbaas``; empty for none.
        hub: the JupyterHub that runs this as its service, and whose users' tokens it takes.
    """

    home: Home
    host: str
    port: int
    workers: int
    public_url: str | None = None
    tls_certificate: str | None = None
    tls_key: str | None = None
    prefix: str = ""
    hub: HubSettings | None = None

    def tls(self) -> ssl.SSLContext | None:
        """The TLS context, when a certificate was given."""
        return server_context(self.tls_certificate, self.tls_key)


def serve(options: ServeOptions) -> int:
    """Serve until SIGTERM or SIGINT; SIGHUP restarts the workers one after the other. Returns the exit status."""
    check_address(
        options.host,
        options.tls_certificate,
        hint="Give --tls-cert and --tls-key, or put a proxy with TLS before 127.0.0.1.",
    )
    options.tls()
    asyncio.run(start_daemon(options.home))
    try:
        sockets = bind_sockets(options.port, options.host, reuse_port=False)
    except OSError as error:
        raise Unavailable(
            "port_taken",
            f"Cannot listen on {options.host}:{options.port}.",
            details=str(error),
            hint="Choose another --port.",
        ) from None
    port = sockets[0].getsockname()[1]
    scheme = "https" if options.tls_certificate else "http"
    where = f"{scheme}://{options.host}:{port}{options.prefix}"
    sys.stdout.write(f"dbaas serves {where} with {options.workers} worker(s)\n")
    sys.stdout.flush()
    return _Parent(options, sockets).run()


class _Parent:
    """Keeps the wanted number of workers alive."""

    def __init__(self, options: ServeOptions, sockets: list[socket.socket]) -> None:
        self._options = options
        self._sockets = sockets
        self._workers: dict[int, float] = {}  # process id → when it started
        self._ending = False
        self._rolling: list[int] = []

    def run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._end())
        signal.signal(signal.SIGHUP, lambda *_: self._roll())
        for _ in range(self._options.workers):
            self._spawn()
        while self._workers:
            try:
                pid, status = os.wait()
            except ChildProcessError:
                break
            started = self._workers.pop(pid, None)
            if started is None or self._ending:
                continue
            log.warning("worker %d ended with status %d", pid, status)
            if pid not in self._rolling and time.monotonic() - started < _SHORT_LIFE_SECONDS:
                time.sleep(_RESTART_PAUSE_SECONDS)
            self._spawn()
            if pid in self._rolling:
                self._rolling.remove(pid)
                self._roll_next()
        return 0

    def _spawn(self) -> None:
        gc.freeze()  # what is loaded stays: no collection in a worker has to look at it again
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                    signal.signal(number, signal.SIG_DFL)
                asyncio.run(_worker(self._options, self._sockets))
                status = 0
            except Exception:
                log.exception("worker failed")
            finally:
                os._exit(status)
        self._workers[pid] = time.monotonic()

    def _end(self) -> None:
        self._ending = True
        for pid in self._workers:
            os.kill(pid, signal.SIGTERM)

    def _roll(self) -> None:
        """Replace each worker in turn: the listening socket is shared, so connections wait for the next one."""
        self._rolling = list(self._workers)
        self._roll_next()

    def _roll_next(self) -> None:
        while self._rolling and self._rolling[0] not in self._workers:
            self._rolling.pop(0)
        if self._rolling:
            os.kill(self._rolling[0], signal.SIGTERM)


async def _worker(options: ServeOptions, sockets: list[socket.socket]) -> None:
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    platform = await Platform.open(options.home, SocketSupervision(options.home))
    services = Services.over(platform, hub=None if options.hub is None else Hub(options.hub))
    listener = Listener(ROUTER, services, options.public_url, options.tls(), options.prefix)
    listener.listen(sockets)
    await ending.wait()
    await listener.drain()
    await services.close()
