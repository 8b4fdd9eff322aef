"""What was done, by whom, and how it went."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from ..errors import DbaasError
from ..meta.audit import Attempt, fold_of
from ..meta.store import Store

__all__ = ["audited", "keepable"]

log = logging.getLogger(__name__)

BY_RIGHT = frozenset({"not_an_operator", "right_needed"})
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
    outcome, refused = "ok", False
    try:
        yield
    except DbaasError as error:
        outcome, refused = error.code, error.code in BY_RIGHT
        raise
    except asyncio.CancelledError:
        outcome = "cancelled"
        raise
    except BaseException:
        outcome = "internal_error"
        raise
    finally:
        who, whose, what = keepable(actor), tenant and keepable(tenant), target and keepable(target)
        try:
            if refused:  # as one of the attempts that are alike: there may be many
                at = datetime.now(UTC)
                fold = fold_of(who, action, whose, what, outcome, at)
                await store.audit.insert((), [Attempt(fold, at, who, action, whose, what, outcome, 1)])
            else:
                told = {name: keepable(text) for name, text in (details or {}).items()}
                await store.audit.record(who, action, whose, what, outcome, told)
        except DbaasError as error:
            log.error("Not in the audit log: %s by %s: %s (%s)", action, actor, outcome, error.message)


def keepable(text: str) -> str:
    """What was sent, also what was refused, as PostgreSQL keeps text: no null character, no half of a surrogate."""
    return text[:LONGEST].encode("utf-8", "replace").decode().replace("\0", "\ufffd")
