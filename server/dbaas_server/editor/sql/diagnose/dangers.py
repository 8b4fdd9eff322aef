"""Statements that do more than is mostly meant."""

from __future__ import annotations

from ..lexer import Token
from ..nodes import Statement
from .problems import Diagnostic, Fix

__all__ = ["everything"]


def everything(statement: Statement) -> list[Diagnostic]:
    """UPDATE and DELETE without WHERE."""
    found = []
    for block in statement.blocks:
        if block.kind not in ("update", "delete") or block.clause("where") is not None or block.target is None:
            continue
        if block.kind == "update" and block.clause("set") is None:
            continue
        first = block.clauses[0].items[0]
        assert isinstance(first, Token)
        verb = "changes" if block.kind == "update" else "deletes"
        table = block.target.table
        name = table.ref.name if table is not None else block.target.name
        many = f" (about {table.estimated_rows:,})" if table is not None and table.estimated_rows > 0 else ""
        end = max(clause.end for clause in block.clauses if clause.name != "returning")
        found.append(
            Diagnostic(
                first.start, first.end, "warning", "no_where", f"This {verb} every row of {name}{many}.",
                "Add a WHERE; `where true` says that it is meant.",
                (Fix("Add `where true`: it is meant", ((end, end, " where true"),)),),
            )
        )  # fmt: skip
    return found
