"""A refused privilege, explained: what is missing and what would give it."""

from __future__ import annotations

from collections.abc import Sequence

from ...engine import QueryError
from ...nouns import Caller, Table, TableRef
from .catalog import Snapshot
from .compile.names import qualified

__all__ = ["explain_refusal"]

_DENIED = "42501"
_API_ROLES = ("anon", "authenticated")


def explain_refusal(
    error: QueryError, caller: Caller, tables: Sequence[TableRef], snapshot: Snapshot, exposure: str
) -> QueryError:
    """The same error, with a hint where an API role lacks a privilege on one of the tables in play."""
    if error.code != _DENIED or caller.role not in _API_ROLES or "row-level security" in error.message:
        return error
    for ref in tables:
        table = snapshot.catalog.tables.get(ref)
        if table is not None and f" {ref.name}" in error.message and not table.grants.get(caller.role):
            explained = QueryError(
                error.code, error.message, details=error.details, hint=_remedy(table, caller.role, exposure)
            )
            explained.place = error.place
            return explained
    return error


def _remedy(table: Table, role: str, exposure: str) -> str:
    name = qualified(table.ref)
    grant = f"GRANT SELECT ON {name} TO {role}"
    if exposure != "policies" or table.kind != "table":
        return f"To let {role} read it: {grant};"
    if not table.row_security:
        return (
            "Tables are exposed once they have row security and a policy: "
            f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY; CREATE POLICY … ON {name}; or, for every row: {grant};"
        )
    if not table.policies:
        return f"Row security is on, but no policy lets anyone in: CREATE POLICY … ON {name}; or {grant};"
    return f"To let {role} read it: {grant};"
