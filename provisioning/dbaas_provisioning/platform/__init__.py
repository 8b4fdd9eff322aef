"""The one object that the doors and the command line call.

In the daemon::

    supervisor = await Supervisor.open(home)            # starts the platform's own cluster, migrates its schema
    platform = await Platform.open(home, supervisor)
    await platform.recover()                            # finishes what a killed predecessor left half done
    ...
    await platform.close()
    await supervisor.close(stop_engines=...)

Everywhere else: ``await Platform.open(home, supervision)`` with a ``Supervision`` that asks the daemon. It finds the
platform's own cluster in the bootstrap file, and has ``supervision.ensure(META_CLUSTER)`` start it when it does not
answer.
"""

from __future__ import annotations

from ..meta.audit import DataAct
from ..meta.bootstrap import META_CLUSTER
from .acts import Statement
from .issuers import is_trustworthy
from .observation import Observation, Watched
from .plans import BOUNDS
from .platform import Platform
from .progress import Step
from .supervision import Access, Supervision

__all__ = [
    "BOUNDS", "META_CLUSTER", "Access", "DataAct", "Observation", "Platform", "Statement", "Step", "Supervision",
    "Watched", "is_trustworthy",
]  # fmt: skip
