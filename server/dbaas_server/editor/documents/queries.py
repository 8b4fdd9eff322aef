"""A person's statements on a document database: run, read on, counted, taken out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from dbaas_provisioning.errors import Invalid
from dbaas_shell import Answer, Plan, Scanner, ShellError, parse, planned

from ...engine import Limits, QueryError
from ...mongo_clients import MongoClients
from ...mongo_clients.clients import Opened
from ...mongo_clients.failures import told_plainly
from ...nouns import Arrangement, Caller, Extract, ExtractForm, QueryColumn, QueryResult
from .arranging import arranged, counting, page
from .cells import columns_of
from .extracting import csv_lines, every_column, json_lines
from .outcomes import outcome
from .scroll import DocumentScroll, bounded, documents_of, some

__all__ = ["DocumentQueries", "plans_of"]

_QUICK_TEXT = 10_000  # characters; a longer one is read in a thread
_MOST_STATEMENTS = 500  # of one text: each of them is a question of its own
_FIRST = 201  # documents that tell the columns, and are shown first
_HELD_BYTES = 32 * 1024 * 1024  # of documents at the same time
_AS_IT_IS = Arrangement()


class DocumentQueries:
    """What :class:`~dbaas_server.engine.Session` offers for a person's own statements, on one document database.

    Args:
        place: the tenant's subdomain and the database's name.
    """

    limits = Limits()

    def __init__(self, clients: MongoClients, place: tuple[str, str]) -> None:
        self._clients = clients
        self._place = place

    async def run(
        self, text: str, args: Sequence[Any], caller: Caller, *, max_rows: int | None = None, cells: bool = True
    ) -> QueryResult:
        """Run all statements in their order, each once; the last one's documents or outcome.

        Args:
            args: what names in the text stand for: pairs of a name and a value.
            cells: always so.

        Raises:
            QueryError: the database refused one; those before it were carried out. ``unreadable_statement``: nothing
                was sent.
            Unavailable: it cannot be reached.
        """
        *before, last = await self._plans(text, args)
        most = max_rows or self.limits.max_query_rows
        async with self._clients.opened(*self._place) as opened:
            with told_plainly():
                for plan in before:
                    await _carried_out(opened, plan)
                found = await _carried_out(opened, last, most=most + 1)
        return await asyncio.to_thread(outcome, last, found, most)

    async def scroll(
        self, text: str, args: Sequence[Any], caller: Caller, *, arrangement: Arrangement = _AS_IT_IS
    ) -> DocumentScroll:
        """Open the result of one statement that reads documents.

        Raises:
            Invalid: ``not_pageable``: it is no such statement; what :func:`~.arranging.arranged` refuses.
        """
        body = _pageable(await self._plans(text, args))
        columns, first = await self._look(body, arrangement.columns)
        if arrangement:
            body, first = arranged(body, columns, arrangement), []
        return DocumentScroll(self._clients, self._place, body, columns, first)

    async def count(
        self, text: str, args: Sequence[Any], caller: Caller, *, arrangement: Arrangement = _AS_IT_IS
    ) -> int:
        """How many documents such a statement gives. Raises as :meth:`scroll`."""
        body = _pageable(await self._plans(text, args))
        if arrangement.where:
            columns, _ = await self._look(body, arrangement.columns)
            body = arranged(body, columns, Arrangement(where=arrangement.where))
        async with self._clients.opened(*self._place) as opened:
            with told_plainly():
                found = await (await documents_of(opened, counting(body))).to_list(1)
        return int(found[0]["n"]) if found else 0

    async def extract(
        self,
        text: str,
        args: Sequence[Any],
        caller: Caller,
        *,
        arrangement: Arrangement = _AS_IT_IS,
        form: ExtractForm = ExtractForm.csv,
    ) -> Extract:
        """Every document of such a statement with bounded memory. Raises as :meth:`scroll`.

        Columns are the fields of all of them; as JSON a document is whole, whatever they are.
        """
        body = _pageable(await self._plans(text, args))
        columns, _ = await self._look(body, arrangement.columns)
        body = arranged(body, columns, arrangement)
        if form is ExtractForm.json:
            found, chunks = tuple(columns), json_lines(self._clients, self._place, body)
        else:
            found = await every_column(self._clients, self._place, body, columns)
            chunks = csv_lines(self._clients, self._place, body, found)
        return Extract(found, tuple(column.name for column in found), chunks)

    async def _plans(self, text: str, args: Sequence[Any]) -> list[Plan]:
        if len(text) > _QUICK_TEXT:
            return await asyncio.to_thread(plans_of, text, args, self._place[1])
        return plans_of(text, args, self._place[1])

    async def _look(
        self, body: Mapping[str, Any], names: Sequence[str]
    ) -> tuple[list[QueryColumn], list[Mapping[str, Any]]]:
        """The columns, those of these names if there are any, and the documents that they were read from."""
        start = page(body, 0, _FIRST)
        assert start is not None
        async with self._clients.opened(*self._place) as opened:
            with told_plainly():
                async with await documents_of(opened, start) as cursor:
                    first = await some(cursor, _FIRST, _HELD_BYTES)
        return await asyncio.to_thread(columns_of, first, names), first


def plans_of(text: str, args: Sequence[Any], database: str) -> list[Plan]:
    """What a text's statements come to.

    Raises:
        QueryError: ``unreadable_statement``, which says where.
        Invalid: ``too_many_statements``.
    """
    try:
        scanner = Scanner(text)
        statements = parse(scanner, dict(args))
        if len(statements) > _MOST_STATEMENTS:
            raise Invalid(
                "too_many_statements", f"The text has {len(statements):,} statements.",
                hint=f"Run at most {_MOST_STATEMENTS} at a time; insertMany() takes many documents.",
            )  # fmt: skip
        return [planned(statement, scanner, database) for statement in statements]
    except ShellError as error:
        place = f"line {error.line}, column {error.column}"
        refused = QueryError("unreadable_statement", error.message, hint=error.hint, details=place)
        refused.position = error.at
        raise refused from None


def _pageable(plans: Sequence[Plan]) -> Mapping[str, Any]:
    name = next(iter(plans[0].body))
    if len(plans) > 1 or plans[0].answer is not Answer.documents or name not in ("find", "aggregate"):
        raise Invalid("not_pageable", "Only what one find() or aggregate() gives can be read in pages.")
    if not plans[0].reads:
        raise Invalid("not_pageable", "What writes its result somewhere is run once.")
    return plans[0].body


async def _carried_out(opened: Opened, plan: Plan, most: int = 1) -> Any:
    """What comes of a plan, once; of documents at most so many."""
    body = plan.body
    match plan.answer:
        case Answer.documents:
            async with await documents_of(opened, body) as cursor:
                return await some(cursor, most, _HELD_BYTES)
        case Answer.first:
            return plan.made(next(iter(await (await documents_of(opened, body)).to_list(1)), None))
        case Answer.every:
            return plan.made(await (await documents_of(opened, body)).to_list())
        case Answer.number:
            async with await documents_of(opened, body) as cursor:
                return sum([1 async for _ in cursor])
        case Answer.inserted:
            collection = opened.documents[body["insert"]]
            done = await collection.insert_many(body["documents"], ordered=body["ordered"])
            return plan.made(done.inserted_ids)
        case Answer.reply:
            target = opened.client.admin if plan.of_server else opened.documents
            codec = opened.documents.codec_options
            return plan.made(await target.command(bounded(body, opened.timeout_ms), codec_options=codec))
