"""The daemon's socket, where a data folder's path is too long to hold it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dbaas_provisioning.errors import Forbidden
from dbaas_provisioning.nouns import Home
from dbaas_server.daemon_link import ask, is_up, open_stream
from dbaas_server.home import private_folder, socket_path


@pytest.fixture
def far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A data folder with a long path, and a folder for temporary files that is this test's own."""
    temporary = tmp_path / "t"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    return Home(tmp_path / ("long" * 30))


@pytest.fixture
async def asked(far: Home) -> AsyncIterator[list[bytes]]:
    """Somebody who listens in the daemon's place; what they were told."""
    told: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told.append(await reader.readline())
        writer.write(b"{}\n")
        writer.close()

    private_folder(socket_path(far).parent)
    async with await asyncio.start_unix_server(answer, str(socket_path(far))):
        yield told


async def test_a_socket_in_a_folder_of_ones_own_is_used(far: Home, asked: list[bytes]) -> None:
    assert socket_path(far).parent != far.run
    assert await ask(far, {"do": "ping"}) == {}
    assert len(asked) == 1


async def test_where_there_is_no_folder_nobody_listens(far: Home) -> None:
    assert not await is_up(far)


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o1777])
async def test_a_socket_that_others_could_have_put_there_is_not_asked(far: Home, asked: list[bytes], mode: int) -> None:
    socket_path(far).parent.chmod(mode)
    for reach in (ask(far, {"do": "ping"}), open_stream(far, limit=1024)):
        with pytest.raises(Forbidden) as refused:
            await reach
        assert refused.value.code == "folder_of_another"
    assert not asked


async def test_a_link_in_the_folders_place_is_not_followed(far: Home, asked: list[bytes]) -> None:
    folder = socket_path(far).parent
    moved = folder.rename(folder.with_name("elsewhere"))
    folder.symlink_to(moved)
    for refuse in (lambda: ask(far, {"do": "ping"}), lambda: asyncio.to_thread(private_folder, folder)):
        with pytest.raises(Forbidden):
            await refuse()
    assert not asked


async def test_a_folder_of_another_user_is_not_trusted(
    far: Home, asked: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = socket_path(far).parent
    monkeypatch.setattr("dbaas_server.home.socket_path", lambda home: folder / "x.sock")
    another = os.geteuid() + 1
    monkeypatch.setattr("os.geteuid", lambda: another)
    for refuse in (lambda: ask(far, {"do": "ping"}), lambda: asyncio.to_thread(private_folder, folder)):
        with pytest.raises(Forbidden):
            await refuse()
    assert not asked
