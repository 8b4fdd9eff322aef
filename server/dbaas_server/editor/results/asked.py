"""What a request of the results' doors asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from dbaas_provisioning import engines
from dbaas_provisioning.errors import Invalid

from ...acting import Acting, Statement
from ...body import body_fields, required
from ...engine import Statements
from ...http import Request
from ...long_texts import looked_at
from ...nouns import Arrangement, Caller, Condition, Sort
from ...open_results import Question, Reader
from ...services import Services
from ..history import person_of
from ..sql.parameters import numbered

__all__ = ["LONGEST_TEXT", "Asked", "asked", "bounded"]

MOST_KEYS = 32
"""Of an order, and conditions."""

LONGEST_TEXT = 1_000_000
MOST_COLUMNS = 2_000
"""Whose names are sent: no engine's results have more."""

_FIELDS: Mapping[str, type] = {"text": str, "params": object, "order": list, "where": list, "columns": list}


@dataclass(frozen=True, slots=True)
class Asked:
    """A statement, who asks, and where.

    Attributes:
        text: as the person wrote it; ``question`` has it as the engine takes it.
        shell: the text is of MongoDB's shell, and not SQL.
        fields: of the body.
    """

    tenant: str
    database: str
    caller: Caller
    session: Statements
    reader: Reader
    text: str
    shell: bool
    question: Question
    fields: Mapping[str, Any]

    def acting(self, services: Services, action: str, **told: str) -> Acting:
        """For the audit log: around what is done with the statement."""
        statement = Statement(self.text, self.shell)
        return Acting(services, self.caller, self.tenant, self.database, action, statement, **told)

    @property
    def person(self) -> str:
        """Whose history it belongs to."""
        return person_of(self.caller)


async def asked(request: Request, services: Services, allowed: Mapping[str, type]) -> Asked:
    """Who asks what. ``allowed`` are the fields beside ``text``, ``params``, ``order``, ``where`` and ``columns``.

    Raises ``Invalid`` for what is wrong with the body, ``Unauthorized`` and ``Forbidden`` for who may not ask.
    """
    tenant, database = request.params["tenant"], request.params["database"]
    caller = await services.auth.owner_or_secret(request, tenant)
    fields = await body_fields(request, {**_FIELDS, **allowed})
    text = required(fields, "text")
    if len(text) > LONGEST_TEXT:
        raise Invalid("text_too_long", f"The text is longer than {LONGEST_TEXT:,} letters.", hint="Run a part of it.")
    params = fields.get("params")
    if not isinstance(params, dict | list | None):
        raise Invalid("invalid_field", "`params` must be an object for :name, or a list for $1.")
    arrangement = Arrangement(
        tuple(_sort(each) for each in _keys(fields, "order")),
        tuple(_condition(each) for each in _keys(fields, "where")),
        _columns(fields),
    )
    found = await services.sessions.database(tenant, database)
    session: Statements
    if shell := engines.engine(found.engine).can.documents:
        from ..documents.queries import DocumentQueries  # with pymongo, for those who have documents

        statement, args = text, _names(params)
        session = DocumentQueries(services.mongo, (tenant, found.name))
    else:
        statement, args = await looked_at(partial(numbered, params=params), text)
        session = await services.sessions.session(tenant, database)
    reader = Reader(caller.tenant, found.id, f"{caller.role} {person_of(caller)}")
    question = Question(statement, tuple(args), arrangement)
    return Asked(tenant, database, caller, session, reader, text, shell, question, fields)


def _names(params: dict[str, Any] | list[Any] | None) -> list[tuple[str, Any]]:
    """What names in a text of MongoDB's shell stand for."""
    if params and isinstance(params, list):
        raise Invalid(
            "invalid_field", "A document database takes `params` as an object.", hint="Use names in the text."
        )
    return list(params.items()) if isinstance(params, dict) else []


def bounded(fields: Mapping[str, Any], name: str, default: int | None, least: int, most: int) -> int:
    """A number among the fields. Raises ``Invalid`` (``invalid_field``, ``missing_field``)."""
    value: int = fields.get(name, default) if default is not None else required(fields, name)
    if not least <= value <= most:
        raise Invalid("invalid_field", f"`{name}` must be from {least} to {most:,}.")
    return value


def _keys(fields: Mapping[str, Any], name: str) -> list[Any]:
    keys: list[Any] = fields.get(name, [])
    if len(keys) > MOST_KEYS:
        raise Invalid("invalid_field", f"`{name}` has at most {MOST_KEYS} entries.")
    return keys


def _columns(fields: Mapping[str, Any]) -> tuple[str, ...]:
    names: list[Any] = fields.get("columns", [])
    if len(names) > MOST_COLUMNS or not all(isinstance(name, str) for name in names):
        raise Invalid("invalid_field", f"`columns` are at most {MOST_COLUMNS:,} names.")
    return tuple(names)


def _sort(value: Any) -> Sort:
    if not isinstance(value, dict) or not value.keys() <= {"column", "descending"}:
        raise _malformed("order", '{"column": 0, "descending": true}')
    column, descending = value.get("column"), value.get("descending", False)
    if type(column) is not int or not isinstance(descending, bool):
        raise _malformed("order", '{"column": 0, "descending": true}')
    return Sort(column, descending)


def _condition(value: Any) -> Condition:
    shape = '{"column": 0, "op": "eq", "value": "…"}'
    if not isinstance(value, dict) or not value.keys() <= {"column", "op", "value"}:
        raise _malformed("where", shape)
    column, op, operand = value.get("column"), value.get("op"), value.get("value")
    if type(column) is not int or not isinstance(op, str) or not isinstance(operand, str | int | float | None):
        raise _malformed("where", shape)
    if isinstance(operand, bool):
        operand = "true" if operand else "false"
    return Condition(column, op, None if operand is None else str(operand))


def _malformed(name: str, shape: str) -> Invalid:
    return Invalid("invalid_field", f"An entry of `{name}` is malformed.", hint=f"Write it like {shape}.")
