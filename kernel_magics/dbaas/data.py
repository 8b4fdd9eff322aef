# Made from data_async.py by provisioning/scripts/twins.py. Change that file, then run `make format`.

"""A table through the REST API, as an application sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import operations
from .operations import Operation
from .params import to_json
from .render import as_text
from .transport import Transport

__all__ = ["TableClient"]

Row = dict[str, Any]


class TableClient:
    """One table under the row policies of one key.

    Args:
        transport: carries the requests.
        tenant: whose table it is.
        table: its name, perhaps ``database.table``.
        key: an API key or a signed token; None asks as the person at the notebook.
    """

    def __init__(self, transport: Transport, tenant: str, table: str, key: str | None) -> None:
        self._transport = transport
        self._tenant = tenant
        self._table = table
        self._headers = {} if key is None else {"apikey": str(key), "Authorization": f"Bearer {key}"}

    def select(
        self, columns: str = "*", *, order: str | None = None, limit: int | None = None, **filters: str
    ) -> list[Row]:
        """Rows; filters as the REST API writes them, such as ``origin="eq.JFK"``."""
        query = [("select", columns), *filters.items()]
        if order is not None:
            query.append(("order", order))
        if limit is not None:
            query.append(("limit", str(limit)))
        rows: list[Row] = self._run(self._operation("GET", query=query))
        return rows

    def get(self, key: Any) -> Row:
        """One row by its primary key; a composite key is a tuple. Raises ``DbaasError`` (404) when there is none."""
        row: Row = self._run(self._operation("GET", row=_key(key)))
        return row

    def insert(self, rows: Row | Sequence[Row]) -> list[Row]:
        """Insert one row or many, and get them as stored."""
        headers = {"Prefer": "return=representation"}
        stored: list[Row] = self._run(self._operation("POST", headers=headers, body=rows))
        return stored

    def update(self, key: Any, changes: Row) -> None:
        """Change columns of one row."""
        self._run(self._operation("PATCH", row=_key(key), body=changes))

    def delete(self, key: Any) -> None:
        """Remove one row."""
        self._run(self._operation("DELETE", row=_key(key)))

    def _run(self, operation: Operation[Any]) -> Any:
        return self._transport.run(operation)

    def _operation(
        self,
        method: str,
        *,
        row: str | None = None,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> Operation[Any]:
        return operations.data(
            method,
            self._tenant,
            self._table,
            row=row,
            query=query,
            headers={**self._headers, **(headers or {})},
            body=body,
        )


def _key(key: Any) -> str:
    """A primary key in a URL: parts comma-joined, quoted where they hold a comma or a quote."""
    parts = key if isinstance(key, tuple) else (key,)
    texts = [as_text(to_json(part)) for part in parts]
    if len(texts) == 1:
        return texts[0]
    return ",".join('"' + t.replace('"', '""') + '"' if "," in t or '"' in t else t for t in texts)
