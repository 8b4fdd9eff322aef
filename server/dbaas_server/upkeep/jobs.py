"""Which jobs the daemon has."""

from __future__ import annotations

from dbaas_provisioning.platform import Supervision

from ..services import Services
from .loop import Job

__all__ = ["jobs"]

LOOK_AFTER_SECONDS = 3.0
"""Until what somebody changed on a server without event triggers is granted, published or withdrawn."""


def jobs(services: Services, supervision: Supervision) -> list[Job]:
    """Every job, in no order.

    Args:
        supervision: the daemon's own: who starts and stops engines.
    """
    return [Job("external servers", LOOK_AFTER_SECONDS, services.platform.placement.look_after)]
