"""``%dbaas schema``."""

from __future__ import annotations

from ..arguments import Arguments
from ..context import Context
from ..errors import DbaasError, did_you_mean
from ..nouns import Table
from ..render import bytes_of
from ..views import Listing, Note
from .command import DATABASE, Command

__all__ = ["COMMANDS"]


def _schema(context: Context, arguments: Arguments) -> Listing:
    database = context.chosen_database(arguments)
    schema = database.schema()
    if not arguments.words:
        return Listing(
            ["table", "kind", "rows", "size", "reachable by", "remark"],
            [
                [
                    _name(table),
                    table.kind,
                    f"~{table.estimated_rows:,}" if table.estimated_rows >= 0 else "–",
                    bytes_of(table.size_bytes),
                    ", ".join(table.exposed_to) or "owner",
                    table.warning or "",
                ]
                for table in schema.tables
            ],
            schema.tables,
            Note(f"{database.tenant}/{database.name} has no table yet.", ["%dbaas load FILE_OR_FRAME TABLE"]),
        )
    name = arguments.words[0]
    found = schema.table(name)
    if found is None:
        raise DbaasError(
            f"There is no table {name!r} in {database.tenant}/{database.name}.",
            code="table_not_found",
            hint=did_you_mean(name, (_name(table) for table in schema.tables)),
        )
    return Listing(
        ["column", "type", "null", "default", "key", "references", "comment"],
        [
            [
                column.name,
                column.type,
                "" if column.nullable else "no",
                column.default or "",
                "primary" if column.primary_key else "",
                f"{column.references.table}.{column.references.column}" if column.references else "",
                column.comment or "",
            ]
            for column in found.columns
        ],
        found.columns,
        Note(f"The table {name} has no columns."),
    )


def _name(table: Table) -> str:
    return table.name if table.schema == "public" else f"{table.schema}.{table.name}"


COMMANDS = (
    Command(
        ("schema",),
        ("[TABLE]",),
        "Show the tables, or one table's columns.",
        _schema,
        DATABASE,
        "%dbaas schema flights",
    ),
)
