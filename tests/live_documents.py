"""A document database behind a running platform, for tests that come through MongoDB's door."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pymongo
from pymongo.database import Database

from live_platform import LivePlatform
from waiting import eventually

__all__ = ["LiveDocuments", "listener", "new_documents"]


@dataclass(frozen=True)
class LiveDocuments:
    """A tenant's document database ``app``, and what opens it.

    Attributes:
        url: as a user of that database alone.
        tenant_url: as a user of all the tenant's document databases.
    """

    live: LivePlatform
    tenant: str
    url: str
    tenant_url: str

    @property
    def address(self) -> tuple[str, int]:
        """Where the door is."""
        where = urlsplit(self.url)
        assert where.hostname is not None and where.port is not None
        return where.hostname, where.port

    def client(self, url: str | None = None, **options: Any) -> pymongo.MongoClient[dict[str, Any]]:
        """A client, as the database's own user unless another URL is given."""
        return pymongo.MongoClient(url or self.url, **options)

    def database(self, **options: Any) -> Database[dict[str, Any]]:
        """The database, through a client of its own."""
        return self.client(**options)["app"]

    def through(self, port: int) -> str:
        """The URL for another way on loopback to the same door."""
        return self.url.replace(f":{self.address[1]}/", f":{port}/")

    def as_user(self, user: str, password: str) -> str:
        """The URL for somebody else."""
        host, port = self.address
        return f"mongodb://{quote(user, safe='')}:{quote(password, safe='')}@{host}:{port}/?authSource=admin"


def new_documents(live: LivePlatform, tenant: str | None = None) -> LiveDocuments:
    """A tenant of its own with one document database, ``app``."""
    tenant = tenant or live.new_tenant()
    with live.operator() as operator:
        made = operator.post(f"/v1/{tenant}/databases", json={"engine": "document", "name": "app"})
        assert made.status_code == 201, made.text
        everything = operator.get(f"/v1/{tenant}/documents/connection-string")
        assert everything.status_code == 200, everything.text
    return LiveDocuments(live, tenant, made.json()["connection_string"], everything.json()["connection_string"])


def listener(live: LivePlatform) -> int:
    """The process that serves MongoDB's clients: it names itself by its module in its command line."""

    def look() -> int | None:
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                try:
                    words = (entry / "cmdline").read_bytes().split(b"\0")
                except OSError:
                    continue
                if b"dbaas_server.mongo" in words and str(live.home).encode() in words:
                    return int(entry.name)
        return None

    found = eventually(look)
    assert found is not None
    return found
