"""The data plane and its doors.

1. A door parses a request into the nouns of :mod:`~dbaas_server.nouns`, a session carries them out, the door renders.
2. Doors are framework-free: :mod:`~dbaas_server.http` has the request and the response; Jupyter and the stand-alone
   server are two adapters over one route table.
3. Text becomes values once: what a person sent is an argument of a statement, never part of its text.
4. The database builds the JSON; Python passes bytes.
5. A write is acknowledged only after the engine has committed it.
"""

from __future__ import annotations

from typing import Any

__all__: list[str] = []


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "dbaas_server"}]


def _load_jupyter_server_extension(server_app: Any) -> None:
    from . import app  # Jupyter is imported only where Jupyter runs

    app.load(server_app)


async def _start_jupyter_server_extension(server_app: Any) -> None:
    from . import app

    await app.start(server_app)
