"""What the database holds, kept up to date beside the requests.

1. ``sql`` asks the system catalogs; ``snapshot`` makes an immutable picture of the answers, in a worker thread;
   ``links`` finds how tables relate; ``views`` finds where a view's columns come from; ``watcher`` notices changes.
2. A reload that finds nothing new keeps the old version, so that compiled shapes and prepared statements live on.
3. A request never waits for a reload, except one that names what the snapshot does not know.
"""

from __future__ import annotations

from .links import Link
from .snapshot import Snapshot
from .watcher import Watcher

__all__ = ["Link", "Snapshot", "Watcher"]
