"""What is told when a database cannot be reached: enough for a driver to try again where that is safe, and no more."""

from __future__ import annotations

from typing import Any

import pytest
from bson import Binary, Int64

from dbaas_provisioning.errors import Conflict, DbaasError, Forbidden, Invalid, NotFound, Unavailable, Unsupported
from dbaas_server.documents.errors import Code
from dbaas_server.engine import OutcomeUnknown
from dbaas_server.mongo.answers import as_document_error
from mongo_door import Served
from mongo_frames import Wire

RETRY = {"lsid": {"id": Binary(b"0123456789abcdef", 4)}, "txnNumber": Int64(1)}


@pytest.mark.parametrize("kind", [Unavailable, OutcomeUnknown])
async def test_a_write_with_a_number_may_be_sent_again_and_one_without_may_not(
    door: Served, wire: Wire, monkeypatch: pytest.MonkeyPatch, kind: type[DbaasError]
) -> None:
    async def unreachable(*_: Any, **__: Any) -> None:
        raise kind("unavailable", "The database cannot be reached.", hint="Try again later.")

    await wire.ask({"insert": "things", "documents": [{}], "$db": "app"})
    engine = door.accounts.opened["acme", "app"]
    monkeypatch.setattr(engine, "insert", unreachable)
    monkeypatch.setattr(engine, "count", unreachable)
    body = {"insert": "things", "documents": [{}], "$db": "app"}
    found = await wire.ask(body)
    assert (found["code"], found["codeName"]) == (6, "HostUnreachable")
    assert found["errmsg"] == "The database cannot be reached. Try again later."
    assert "errorLabels" not in found
    assert (await wire.ask({**body, **RETRY}))["errorLabels"] == ["RetryableWriteError"]
    assert (await wire.ask({"count": "things", "$db": "app"}))["code"] == 6


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (Unavailable, Code.HostUnreachable),
        (Forbidden, Code.Unauthorized),
        (NotFound, Code.NamespaceNotFound),
        (Unsupported, Code.CommandNotSupported),
        (Invalid, Code.BadValue),
        (Conflict, Code.OperationFailed),
    ],
)
def test_every_error_of_the_platform_has_a_number(kind: type[DbaasError], code: Code) -> None:
    found = as_document_error(kind("some_code", "A sentence.", hint="Another."))
    assert (found.number, found.message, found.hint) == (code, "A sentence.", "Another.")
