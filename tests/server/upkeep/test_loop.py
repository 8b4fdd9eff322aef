"""Periodic work: each job at its own pace, whatever becomes of the others."""

from __future__ import annotations

import logging

import pytest

from dbaas_provisioning.errors import Unavailable
from dbaas_server.upkeep import Job, Upkeep
from waiting import until_true


async def test_a_job_runs_once_when_it_is_told_to() -> None:
    runs = []

    async def run() -> None:
        runs.append(1)

    upkeep = Upkeep([Job("count", 3600, run)])
    assert await upkeep.once("count")
    assert await upkeep.once("count")
    assert len(runs) == 2
    with pytest.raises(KeyError):
        await upkeep.once("another")


async def test_a_job_that_fails_goes_on_and_holds_up_no_other() -> None:
    tries, runs = [], []

    async def fails() -> None:
        tries.append(1)
        raise Unavailable("away", "It is away.")

    async def works() -> None:
        runs.append(1)

    upkeep = Upkeep([Job("fails", 0.001, fails), Job("works", 0.001, works)])
    upkeep.start()
    await until_true(lambda: len(tries) >= 4 and len(runs) >= 10, lambda: (tries, runs))
    await upkeep.close()
    after = len(runs)
    assert await upkeep.once("works") and len(runs) == after + 1, "nothing ran after the close but this"


async def test_a_failure_is_told_when_it_is_another_one(caplog: pytest.LogCaptureFixture) -> None:
    failures: list[Exception | None] = [
        Unavailable("away", "It is away."),
        Unavailable("away", "It is away."),
        ValueError("odd"),
        None,
        Unavailable("away", "It is away."),
    ]

    async def run() -> None:
        if (failure := failures.pop(0)) is not None:
            raise failure

    upkeep = Upkeep([Job("moody", 3600, run)])
    with caplog.at_level(logging.INFO, "dbaas.upkeep"):
        worked = [await upkeep.once("moody") for _ in range(5)]
    assert worked == [False, False, False, True, False]
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert told == [
        "upkeep: moody: away: It is away.",
        "upkeep: moody: ValueError: odd",
        "upkeep: moody: away: It is away.",
    ]
    assert "upkeep: moody works again" in caplog.text


async def test_closing_ends_what_is_under_way() -> None:
    import asyncio

    begun, ended = asyncio.Event(), asyncio.Event()

    async def run() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    upkeep = Upkeep([Job("long", 3600, run)])
    upkeep.start()
    await begun.wait()
    await upkeep.close()
    assert ended.is_set()
