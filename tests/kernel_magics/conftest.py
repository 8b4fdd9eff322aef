"""Notebooks on the shared platform: in this process, and in kernels of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from IPython.core.interactiveshell import InteractiveShell

import dbaas
from dbaas.client import Client, DatabaseClient
from live_notebook import Kernel, Shell
from live_platform import LivePlatform


@pytest.fixture(scope="session")
def client(live: LivePlatform) -> Iterator[Client]:
    """The shared platform's client."""
    client = dbaas.connect(live.url, live.run_file["token"])
    yield client
    client.close()


@pytest.fixture(scope="session")
def shop(client: Client) -> DatabaseClient:
    """A database that tests share; they make tables with names of their own."""
    tenant = client.create_tenant(f"n{uuid4().hex[:10]}")
    tenant.create_database("shop")
    return tenant.database("shop")


@pytest.fixture
def new_table(shop: DatabaseClient) -> Iterator[str]:
    """The name of a table that does not exist; it is dropped afterwards."""
    name = f"t {uuid4().hex[:8]}"  # a name that needs its quotes
    yield name
    shop.query(f'drop table if exists "{name}"')


@pytest.fixture
def shell(live: LivePlatform, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """A fresh shell that finds the shared platform by its data folder."""
    monkeypatch.setenv("DBAAS_HOME", str(live.home))
    for name in ("DBAAS_URL", "DBAAS_API_URL"):
        monkeypatch.delenv(name, raising=False)
    InteractiveShell.clear_instance()
    ip = InteractiveShell.instance()
    made = Shell(ip)
    made.run("%load_ext dbaas")
    yield made
    made.run("%unload_ext dbaas")
    InteractiveShell.clear_instance()


@pytest.fixture
def new_kernel(tmp_path: Path) -> Iterator[Callable[[dict[str, str]], Kernel]]:
    """Starts kernels with an environment; they end with the test."""
    started: list[Kernel] = []

    def start(env: dict[str, str]) -> Kernel:
        started.append(Kernel(env, tmp_path))
        return started[-1]

    yield start
    for kernel in started:
        kernel.close()
