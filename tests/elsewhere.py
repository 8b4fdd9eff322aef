"""PostgreSQL servers that the platform under test did not start."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import uuid4

import psycopg

from dbaas_provisioning.accounts import engine_account
from dbaas_provisioning.engine import ClusterSpec, LaunchPlan
from dbaas_provisioning.engines.postgres import ENGINE
from dbaas_provisioning.nouns import Credential
from dbaas_provisioning.runtimes.local import LocalRuntime, choose_port
from dbaas_provisioning.runtimes.processes import ServerProcess
from waiting import eventually

__all__ = ["Elsewhere", "elsewhere"]

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Elsewhere:
    """A server that runs; ``login`` is who the platform is given."""

    port: int
    superuser: Credential
    login: Credential
    authority: str = ""

    def dsn(self, login: Credential | None = None, **query: str) -> str:
        who = login or self.login
        more = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
        return f"postgresql://{who.username}:{quote(who.secret, safe='')}@127.0.0.1:{self.port}/postgres?{more}"

    def connect(self, dbname: str = "postgres") -> psycopg.Connection:
        """As the superuser, in autocommit."""
        return psycopg.connect(self.dsn(self.superuser), dbname=dbname, autocommit=True)

    def forget_api_roles(self) -> None:
        """As a server is before anybody registered it; no database may be placed there any more."""
        with self.connect() as connection:
            connection.execute("drop role if exists anon, authenticated, service_role, api_exposed")

    def new_login(self, attributes: str) -> Elsewhere:
        """The same server, given to the platform with a new login of these attributes."""
        login = Credential(f"manager_{uuid4().hex[:8]}", secrets.token_urlsafe(16))
        with self.connect() as connection:
            connection.execute(f"create role {login.username} login {attributes} password '{login.secret}'")
            connection.execute(f"grant connect on database postgres to {login.username}")
        return replace(self, login=login)


@contextlib.contextmanager
def elsewhere(build: str, *, tls: bool = False, settings: dict[str, str] | None = None) -> Iterator[Elsewhere]:
    """Start one of a build that the machine has: ``wheel`` or ``system``."""
    folder = Path(tempfile.mkdtemp(prefix="dbaas-elsewhere-"))
    folder.chmod(0o755)
    account, before = engine_account(), os.environ.get("DBAAS_POSTGRES_BIN")
    os.environ["DBAAS_POSTGRES_BIN"] = build
    try:
        (folder / "packages").mkdir(mode=0o755)
        binaries = ENGINE.find_binaries(folder / "packages")
    finally:
        os.environ.pop("DBAAS_POSTGRES_BIN") if before is None else os.environ.update(DBAAS_POSTGRES_BIN=before)
    authority, more = "", dict(settings or {})
    if tls:
        authority, files = _certificate(folder)
        more |= {"ssl": "on", **files}
    superuser = Credential("landlord", secrets.token_urlsafe(16))
    port = choose_port("127.0.0.1", 0, str(folder))
    spec = ClusterSpec(
        folder / "data", "127.0.0.1", port, binaries, 100, superuser,
        {"shared_buffers": "16MB", "fsync": "off", "cluster_name": "elsewhere", **more},
    )  # fmt: skip
    runtime, plan = LocalRuntime(folder, account), ENGINE.plan(spec)
    if account is not None:
        os.chown(folder, account.uid, account.gid)
    loop, server = asyncio.new_event_loop(), Elsewhere(port, superuser, superuser, authority)
    thread = threading.Thread(target=loop.run_forever, daemon=True)  # a test's own loop may be running in this one
    thread.start()

    def wait(work: Coroutine[Any, Any, Answer]) -> Answer:
        return asyncio.run_coroutine_threadsafe(work, loop).result()

    wait(runtime.create(spec.data_dir, plan))
    process = wait(_started(runtime, spec.data_dir, plan))
    try:
        eventually(lambda: _answers(server), bool)
        yield server
    finally:
        wait(runtime.stop(process, plan))
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        shutil.rmtree(folder, ignore_errors=True)


async def _started(runtime: LocalRuntime, data: Path, plan: LaunchPlan) -> ServerProcess:
    return runtime.start(data, plan)  # who watches it is the loop that this runs on


def _answers(server: Elsewhere) -> bool:
    try:
        server.connect().close()
    except psycopg.OperationalError:
        return False
    return True


def _certificate(folder: Path) -> tuple[str, dict[str, str]]:
    """A certificate that vouches for itself, and the server's settings for it."""
    certificate, key = folder / "server.crt", folder / "server.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=elsewhere",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    if (account := engine_account()) is not None:
        for path in (certificate, key):
            os.chown(path, account.uid, account.gid)
    key.chmod(0o600)
    return certificate.read_text(), {"ssl_cert_file": str(certificate), "ssl_key_file": str(key)}
