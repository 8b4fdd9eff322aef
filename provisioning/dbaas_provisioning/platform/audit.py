"""What was done, by whom, and how it went."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from ..errors import DbaasError
from ..meta.store import Store

__all__ = ["audited", "keepable"]

log = logging.getLogger(__name__)

LONGEST = 1_000  # characters of each text that somebody sent


@asynccontextmanager
async def audited(
    store: Store,
    action: str,
    actor: str,
    tenant: str | None,
    target: str | None,
    details: Mapping[str, str] | None = None,
) -> AsyncIterator[None]:
    """Record what is done inside, whether it works or not. Losing the record is no reason to fail what worked."""
    outcome = "ok"
    try:
        yield
    except DbaasError as error:
        outcome = error.code
        raise
    except asyncio.CancelledError:
        outcome = "cancelled"
        raise
    except BaseException:
        outcome = "internal_error"
        raise
    finally:
        try:
            told = {name: keepable(text) for name, text in (details or {}).items()}
            await store.audit.record(
                actor, action, tenant and keepable(tenant), target and keepable(target), outcome, told
            )
        except DbaasError as error:
            log.error("Not in the audit log: %s by %s: %s (%s)", action, actor, outcome, error.message)


def keepable(text: str) -> str:
    """What was sent, also what was refused, as PostgreSQL keeps text: no null character, no half of a surrogate."""
    return text[:LONGEST].encode("utf-8", "replace").decode().replace("\0", "\ufffd")
