"""What is refused of a subscription before it is live."""

from __future__ import annotations

from dbaas_provisioning.errors import Invalid

from ..engine import Session
from ..feeds.hub import Binding
from ..nouns import Caller, TableRef

__all__ = ["check_binding"]


async def check_binding(session: Session, binding: Binding, caller: Caller) -> None:
    """Refuse filters that cannot be evaluated, and columns that are not there or may not be read.

    Nothing is said of a table that the caller may not read.

    Raises:
        Invalid: ``unknown_column``, ``invalid_filter``.
    """
    table = TableRef(binding.table, binding.schema)
    if binding.where:
        await session.check_filter(table, binding.where, binding.args, caller)
    if binding.select is None or "*" in (binding.table, binding.schema):
        return
    for fresh in (False, True):  # the second time: what was made or granted a moment ago
        known = (await session.catalog(fresh=fresh)).tables.get(table)
        readable = known.granted(caller.role, "select") if known is not None else frozenset()
        if not readable or binding.select <= readable:
            return
    raise Invalid(
        "unknown_column",
        f"`select` names what may not be read, or is not there: {', '.join(sorted(binding.select - readable))[:200]}.",
        hint="Select columns that this role was granted.",
    )
