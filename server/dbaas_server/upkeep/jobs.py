"""Which jobs the daemon has."""

from __future__ import annotations

from dbaas_provisioning.platform import Supervision

from ..services import Services
from .loop import Job
from .storage import Storage
from .watchdog import Watchdog

__all__ = ["jobs"]

LOOK_AFTER_SECONDS = 3.0
"""Until what somebody changed on a server without event triggers is granted, published or withdrawn."""

STORAGE_SECONDS = 5.0
DUMPS_SECONDS = 600.0


def jobs(services: Services, supervision: Supervision) -> list[Job]:
    """Every job, in no order.

    Args:
        supervision: the daemon's own: who starts and stops engines.
    """
    observation = services.platform.observation
    return [
        Job("external servers", LOOK_AFTER_SECONDS, services.platform.placement.look_after),
        Job("watchdog", 1.0, Watchdog(observation).run),
        Job("dumps", DUMPS_SECONDS, services.platform.lifecycle.expire),
        Job("storage", STORAGE_SECONDS, Storage(observation).run),
    ]
