"""What tests share: a real platform in a folder of its own, on real servers that our own provisioning starts.

``--postgres=wheel|system|all`` says which PostgreSQL the tests use. Without it everything runs on the wheel's server,
and tests marked ``every_build`` on the machine's as well.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
import shutil
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from hypothesis import settings

from dbaas_provisioning.errors import NotFound
from dbaas_provisioning.nouns import Credential, Door, Endpoint, Home, Login, Tenant
from dbaas_provisioning.platform import Access, Platform
from dbaas_provisioning.platform.progress import Tell
from dbaas_provisioning.supervisor import Supervisor

pytest_plugins = ["live_jupyter", "live_platform", "live_project", "own_plans", "reused_database"]

# A busy machine is no reason to fail: not for Hypothesis, and not for an HTTP client that nobody told how long to wait.
settings.register_profile("dbaas", deadline=None)
settings.load_profile("dbaas")
patience = inspect.signature(httpx.get).parameters["timeout"].default
patience.connect = patience.read = patience.write = patience.pool = 60.0

Answer = TypeVar("Answer")
BUILDS = ("wheel", "system")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--postgres", choices=[*BUILDS, "all"], help="the PostgreSQL build that tests run on")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One run per build. Tests that use a platform and say nothing about builds get the first one."""
    if "build" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--postgres")
        if chosen == "all" or (chosen is None and metafunc.definition.get_closest_marker("every_build")):
            builds: tuple[str, ...] = BUILDS
        else:
            builds = (chosen or BUILDS[0],)
        metafunc.parametrize("build", builds, indirect=True)


class SupervisorThread:
    """A supervisor on an event loop of its own, for tests whose loops come and go. Implements ``Supervision``."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="supervisor", daemon=True)
        self._thread.start()
        self._supervisor: Supervisor | None = None

    def open(self) -> None:
        self._supervisor = self._wait(Supervisor.open(self.home))

    def close(self, *, stop_engines: bool = True) -> None:
        if self._supervisor is not None:
            self._wait(self._supervisor.close(stop_engines=stop_engines))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def ensure(self, cluster_id: UUID) -> Endpoint:
        return await self._from_here(self._opened.ensure(cluster_id))

    async def stop(self, cluster_id: UUID) -> None:
        await self._from_here(self._opened.stop(cluster_id))

    async def remove(self, cluster_id: UUID) -> None:
        await self._from_here(self._opened.remove(cluster_id))

    async def upgrade(self, cluster_id: UUID, major: str, progress: Tell | None = None) -> None:
        here = asyncio.get_running_loop()
        there = progress and (lambda step: here.call_soon_threadsafe(progress, step))
        await self._from_here(self._opened.upgrade(cluster_id, major, there))

    async def mongo_door(self) -> Door:
        return Door("127.0.0.1", 27017)  # nobody is there: who needs somebody starts a whole platform

    @property
    def _opened(self) -> Supervisor:
        assert self._supervisor is not None
        return self._supervisor

    def _wait(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _from_here(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))


@pytest.fixture(scope="session")
def new_home() -> Iterator[Callable[[], Home]]:
    """Makes empty data folders that the engines' system user can reach; they are removed in the end."""
    made: list[Path] = []

    def make() -> Home:
        path = Path(tempfile.mkdtemp(prefix="dbaas-test-"))
        path.chmod(0o755)
        made.append(path)
        return Home(path / "home")

    yield make
    for path in made:
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def home(new_home: Callable[[], Home]) -> Home:
    """The data folder of the platform that tests share (one per worker)."""
    return new_home()


@pytest.fixture(scope="session")
def supervision(home: Home) -> Iterator[SupervisorThread]:
    """Its supervisor."""
    thread = SupervisorThread(home)
    before = os.environ.get("DBAAS_POSTGRES_BIN")
    os.environ["DBAAS_POSTGRES_BIN"] = BUILDS[0]
    try:
        thread.open()
    finally:
        _restore("DBAAS_POSTGRES_BIN", before)
    yield thread
    thread.close()


@pytest.fixture
def build(request: pytest.FixtureRequest) -> Iterator[str]:
    """The PostgreSQL build that clusters made in this test have."""
    before = os.environ.get("DBAAS_POSTGRES_BIN")
    os.environ["DBAAS_POSTGRES_BIN"] = request.param
    yield request.param
    _restore("DBAAS_POSTGRES_BIN", before)


@pytest.fixture
async def platform(supervision: SupervisorThread, build: str) -> AsyncIterator[Platform]:
    """The shared platform, opened in this test's event loop."""
    platform = await Platform.open(supervision.home, supervision)
    yield platform
    await platform.close()


@pytest.fixture
async def tenant(platform: Platform) -> AsyncIterator[Tenant]:
    """A tenant of this test's own, hence a cluster of its own as soon as it makes a database."""
    tenant = await platform.create_tenant(f"t{uuid4().hex[:12]}", actor="test")
    yield tenant
    with contextlib.suppress(NotFound):  # the test dropped it
        await platform.drop_tenant(tenant.subdomain, actor="test")


@pytest.fixture
async def shared(platform: Platform, build: str) -> str:
    """The subdomain of a tenant with a running cluster, for whatever may share one."""
    shared = f"shared-{build}"
    try:
        await platform.tenant(shared)
    except NotFound:
        await platform.create_tenant("Shared", subdomain=shared, actor="test")
        # A cluster is stopped with its last database; this one keeps it.
        await platform.create_database(shared, "postgres", "keeper", options={}, actor="test")
    return shared


@pytest.fixture
async def database(platform: Platform, shared: str) -> AsyncIterator[Access]:
    """A fresh database in a shared cluster: cheap."""
    name = f"d{uuid4().hex[:12]}"
    await platform.create_database(shared, "postgres", name, options={}, actor="test")
    yield await platform.access(shared, name)
    with contextlib.suppress(NotFound):  # the test dropped it
        await platform.drop_database(shared, name, keep_dump=False, actor="test")


Connect = Callable[..., Coroutine[Any, Any, "psycopg.AsyncConnection[tuple[Any, ...]]"]]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """``await connect(access, Login.owner)``: a connection in autocommit, closed after the test."""
    opened: list[psycopg.AsyncConnection[tuple[Any, ...]]] = []

    async def connect(
        access: Access, login: Login | Credential = Login.owner, *, dbname: str | None = None, **more: Any
    ) -> psycopg.AsyncConnection[tuple[Any, ...]]:
        credential = access.logins[login] if isinstance(login, Login) else login
        connection = await psycopg.AsyncConnection.connect(
            **access.endpoint.parameters, dbname=dbname or access.database.physical_name,
            user=credential.username, password=credential.secret, autocommit=True, **more,
        )  # fmt: skip
        opened.append(connection)
        return connection

    yield connect
    for connection in opened:
        await connection.close()


def _restore(name: str, before: str | None) -> None:
    if before is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = before
