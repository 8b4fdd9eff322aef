"""The process that serves MongoDB's clients, of all tenants, as the daemon looks after it.

1. The daemon holds the listening socket and the process inherits it: killed, it is started again on the same port, and
   who connects meanwhile waits instead of being refused.
2. It starts with the first connection. A platform whose document databases nobody uses spends nothing on it.
3. It ends with the daemon, however that ends: its standard input is the daemon's to close.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from dbaas_provisioning.errors import Invalid, Unavailable
from dbaas_provisioning.nouns import Door, Home
from dbaas_provisioning.runtimes.local import choose_port

from .logs import last_line
from .tls import check_address

__all__ = ["MongoProcess", "MongoSettings"]

log = logging.getLogger("dbaas.daemon")

_BACKLOG = 1_024
_PATIENCE_SECONDS = 3.0  # with a predecessor that still has the port
_POLL_SECONDS = 0.05
_SHORT_LIFE_SECONDS = 5.0
_REST_SECONDS = 1.0
_STOP_SECONDS = 15.0
_WILDCARDS = frozenset({"0.0.0.0", "::"})  # noqa: S104  named, not bound


@dataclass(frozen=True, slots=True)
class MongoSettings:
    """Where MongoDB's clients come in, as the environment of the daemon says.

    Attributes:
        host: ``DBAAS_MONGO_HOST``; anything but loopback needs a certificate.
        port: ``DBAAS_MONGO_PORT``; 0: one that is free, and from then on the same.
        tls_certificate: ``DBAAS_MONGO_TLS_CERT``, a PEM file.
        tls_key: ``DBAAS_MONGO_TLS_KEY``, a PEM file.
    """

    host: str
    port: int
    tls_certificate: str | None
    tls_key: str | None

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> MongoSettings:
        """Raises ``Invalid``: ``invalid_setting``, ``tls_needed``."""
        port = environment.get("DBAAS_MONGO_PORT") or "0"
        if not (port.isascii() and port.isdecimal() and int(port) <= 65_535):
            raise Invalid("invalid_setting", f"DBAAS_MONGO_PORT is {port!r}.", hint="A port is a number up to 65535.")
        settings = cls(
            environment.get("DBAAS_MONGO_HOST") or "127.0.0.1",
            int(port),
            environment.get("DBAAS_MONGO_TLS_CERT") or None,
            environment.get("DBAAS_MONGO_TLS_KEY") or None,
        )
        check_address(settings.host, settings.tls_certificate, hint="Set DBAAS_MONGO_TLS_CERT and DBAAS_MONGO_TLS_KEY.")
        return settings

    def door(self, port: int) -> Door:
        """What clients are told. Where every address is served, the machine's name."""
        host = socket.getfqdn() if self.host in _WILDCARDS else self.host
        return Door(host, port, tls=self.tls_certificate is not None)


class MongoProcess:
    """Listens from the first time that somebody asks where. Belongs to the daemon's event loop."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._opening = asyncio.Lock()
        self._listening: socket.socket | None = None
        self._door: Door | None = None
        self._serving: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._closing = False

    async def door(self) -> Door:
        """Where clients come in. Connections made from now on are served.

        Raises ``Invalid`` for settings that make no sense, ``Unavailable`` (``port_taken``, ``shutting_down``).
        """
        async with self._opening:
            if self._closing:
                raise Unavailable("shutting_down", "The platform is being stopped.", hint="`dbaas up` starts it again.")
            if self._door is None:
                settings = MongoSettings.read(os.environ)
                self._listening = await self._listen(settings)
                self._door = settings.door(self._listening.getsockname()[1])
                self._arm()
            return self._door

    async def close(self) -> None:
        """Let commands under way end, then the process."""
        self._closing = True
        async with self._opening:
            if self._listening is None:
                return
            asyncio.get_running_loop().remove_reader(self._listening.fileno())
            self._listening.close()
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()
        if self._serving is not None:
            await asyncio.wait({self._serving}, timeout=_STOP_SECONDS)
            if self._process is not None:
                with contextlib.suppress(ProcessLookupError):
                    self._process.kill()
            self._serving.cancel()

    async def _listen(self, settings: MongoSettings) -> socket.socket:
        """On the port that was set, or that of last time; where that is taken for good, on another one."""
        loop = asyncio.get_running_loop()
        remembered = self._home.run / "mongo-port"
        wish = settings.port or _number_in(remembered.read_text() if remembered.exists() else "")
        deadline = loop.time() + _PATIENCE_SECONDS
        while wish:
            try:
                return _bound(settings.host, wish)
            except OSError as error:
                if loop.time() < deadline:
                    await asyncio.sleep(_POLL_SECONDS)
                    continue
                if settings.port:
                    raise Unavailable(
                        "port_taken",
                        f"Cannot listen on {settings.host}:{wish} for MongoDB's clients.",
                        details=str(error),
                        hint="Choose another DBAAS_MONGO_PORT.",
                    ) from None
                break
        listening = _bound(settings.host, choose_port("127.0.0.1", 0, f"{self._home.path} mongo"))
        remembered.write_text(str(listening.getsockname()[1]))
        return listening

    def _arm(self) -> None:
        """Start the process with the next connection."""
        if self._listening is not None and not self._closing:
            asyncio.get_running_loop().add_reader(self._listening.fileno(), self._start, self._listening)

    def _start(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(listening.fileno())
        self._serving = loop.create_task(self._serve(listening.fileno()))

    async def _serve(self, descriptor: int) -> None:
        """One life of the process."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        said = self._home.logs / "mongo.out"
        try:
            with said.open("wb") as out:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "dbaas_server.mongo", "--home", str(self._home.path),
                    "--socket", str(descriptor),
                    stdin=asyncio.subprocess.PIPE, stdout=out, stderr=out, pass_fds=[descriptor], cwd="/",
                )  # fmt: skip
            reason = f"status {await self._process.wait()} {last_line(said)}"
        except OSError as error:
            reason = str(error)
        self._process = None
        if self._closing:
            return
        log.warning("the process for MongoDB's clients ended (%s); the next connection starts it again", reason)
        if loop.time() - began < _SHORT_LIFE_SECONDS:
            await asyncio.sleep(_REST_SECONDS)
        self._arm()


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    listening.setblocking(False)
    return listening


def _number_in(text: str) -> int:
    return int(text) if text.isdecimal() else 0
