"""What a notebook imports.

1. It speaks HTTP only: neither the server nor the control plane is imported, so a notebook works against a remote
   platform as it does against the one on its own machine.
2. The server is found, and a local one started, without being asked; loading the extension contacts nobody.
3. What can be asked (:mod:`~dbaas.operations`) is apart from how it travels (:mod:`~dbaas.transport`).
4. Whatever comes out of a database is data: escaped in HTML, spelled out in text, sent beside the statement and never
   inside it.
5. Notebooks are stored: a secret is displayed only where somebody asked for it by name.
6. What can be asked is written once, asynchronously; the synchronous modules (``client``, ``data``, ``lifecycle``,
   ``load``, ``rows``, ``transport``, ``work``) are made from their ``*_async`` twins, and need no event loop.
7. An error is one readable line that says what to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .changes import Change, ChangesLost
from .client import Client, DatabaseClient, TenantClient, connect
from .client_async import AsyncClient, AsyncDatabaseClient, AsyncTenantClient, connect_async
from .errors import ConnectionLost, DbaasError, GraphQLError, UsageError
from .load import Loaded, Options
from .results import AsyncResult, Result, RowCapWarning

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = [
    "AsyncClient",
    "AsyncDatabaseClient",
    "AsyncResult",
    "AsyncTenantClient",
    "Change",
    "ChangesLost",
    "Client",
    "ConnectionLost",
    "DatabaseClient",
    "DbaasError",
    "GraphQLError",
    "Loaded",
    "Options",
    "Result",
    "RowCapWarning",
    "TenantClient",
    "UsageError",
    "connect",
    "connect_async",
]


def load_ipython_extension(shell: InteractiveShell) -> None:
    """``%load_ext dbaas``."""
    from .magics import load

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """``%unload_ext dbaas``."""
    from .magics import unload

    unload(shell)
