"""Which jobs the daemon has."""

from __future__ import annotations

from dbaas_provisioning.supervisor import Supervisor

from ..services import Services
from .idle import IdleStop
from .loop import Job
from .storage import Storage
from .usage import UsageSamples
from .watchdog import Watchdog

__all__ = ["jobs"]

LOOK_AFTER_SECONDS = 3.0
"""Until what somebody changed on a server without event triggers is granted, published or withdrawn."""

STORAGE_SECONDS = 5.0
DUMPS_SECONDS = 600.0
USAGE_SECONDS = 60.0
AUDIT_SECONDS = 3600.0
INVITATIONS_SECONDS = 3600.0


def jobs(services: Services, supervisor: Supervisor) -> list[Job]:
    """Every job, in no order.

    Args:
        supervisor: who starts and stops engines.
    """
    observation = services.platform.observation
    return [
        Job("external servers", LOOK_AFTER_SECONDS, services.platform.placement.look_after),
        Job("watchdog", 1.0, Watchdog(observation).run),
        Job("audit", AUDIT_SECONDS, services.platform.expire_audit),
        Job("invitations", INVITATIONS_SECONDS, services.platform.members.expire_invitations),
        Job("dumps", DUMPS_SECONDS, services.platform.lifecycle.expire),
        Job("idle", 1.0, IdleStop(observation, supervisor, services.turnstile).run),
        Job("usage", USAGE_SECONDS, UsageSamples(services.platform, services.turnstile).run),
        Job("storage", STORAGE_SECONDS, Storage(observation).run),
    ]
