"""Looking at many servers at once. No server: looks that end when the test says so."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest

from dbaas_provisioning.errors import Unavailable
from dbaas_server.upkeep.looks import Looks


@dataclass(eq=False)
class Server:
    """What is looked at: answers once it may."""

    answers: asyncio.Event = field(default_factory=asyncio.Event)
    fails: Exception | None = None
    asked: int = 0
    key: tuple[UUID, UUID] = field(default_factory=lambda: (uuid4(), uuid4()))

    async def look(self) -> Server:
        self.asked += 1
        await self.answers.wait()
        if self.fails is not None:
            raise self.fails
        return self


def server(*, answers: bool = True, fails: Exception | None = None) -> Server:
    made = Server(fails=fails)
    if answers:
        made.answers.set()
    return made


async def test_one_that_does_not_answer_is_waited_for_once_and_asked_once_at_a_time() -> None:
    quick, hung = server(), server(answers=False)
    looks = Looks(Server.look, patience=0.05)
    assert await looks.at([quick, hung]) == [quick]
    endless = Looks(Server.look, patience=3600)
    endless._silent = {hung.key}
    for _ in range(3):
        assert await looks.at([quick, hung]) == [quick]
        assert await endless.at([quick, hung]) == [quick], "it is not waited for, however patient one is"
    assert (quick.asked, hung.asked) == (7, 2)
    hung.answers.set()
    await asyncio.sleep(0)
    while await looks.at([quick, hung]) != [quick, hung]:
        await asyncio.sleep(0)
    assert await looks.at([quick, hung]) == [quick, hung], "it counts again"


async def test_a_failure_is_the_servers_own_and_what_was_not_foreseen_is_raised() -> None:
    away, works = server(fails=Unavailable("away", "It is away.")), server()
    looks = Looks(Server.look)
    assert await looks.at([away, works]) == [works]
    odd = server(fails=ValueError("odd"))
    with pytest.raises(ValueError, match="odd"):
        await looks.at([odd, works])
    assert works.asked == 2


async def test_a_look_at_what_does_not_run_any_more_ends() -> None:
    hung = server(answers=False)
    looks = Looks(Server.look, patience=0.01)
    assert await looks.at([hung]) == []
    (task,) = looks._under_way.values()
    assert await looks.at([]) == []
    with pytest.raises(asyncio.CancelledError):
        await task
