"""Questions about a generated schema, and how each language asks them: GraphQL, REST, SQL."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from dbaas_server.graphql.schema.names import spell

__all__ = ["Database", "Question", "as_graphql", "as_rest", "as_sql", "generate", "questions"]

TYPES = ("integer", "bigint", "text", "numeric", "boolean", "timestamptz", "text[]", "jsonb")
COMPARED = TYPES[:6]
NAMES = ("a b", "select", "Größe", "x.y", 'quo"te', "plain", "from", "c,d", "snow☃", "_under")
TEXTS = ("", "a", "O'Hara", 'say "x"', "back\\slash", "50%", "a,b)", "ü")
COMPARISONS = {"_eq": "=", "_neq": "<>", "_gt": ">", "_gte": ">=", "_lt": "<", "_lte": "<="}


@dataclass(frozen=True)
class Table:
    name: str
    columns: dict[str, str]
    parent: str | None
    rows: tuple[tuple[Any, ...], ...]

    @property
    def constraint(self) -> str:
        return f"{self.name}_{self.parent}_id_fkey"


@dataclass(frozen=True)
class Database:
    tables: dict[str, Table]

    def script(self) -> str:
        parts = []
        for table in self.tables.values():
            columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in table.columns.items())
            link = (
                f", {table.parent}_id int constraint {table.constraint} references {table.parent}"
                if table.parent
                else ""
            )
            parts.append(f"create table {table.name} (id int primary key{link}, {columns});")
            for row in table.rows:
                parts.append(f"insert into {table.name} values ({', '.join(literal(value) for value in row)});")
        return "\n".join(parts)

    def children(self, table: str) -> list[Table]:
        return [other for other in self.tables.values() if other.parent == table]


def generate(seed: int) -> Database:
    """Tables, each pointing at one made before it, with columns of any type and name."""
    chance = random.Random(seed)
    tables: dict[str, Table] = {}
    for number in range(5):
        names = chance.sample(NAMES, 5)
        columns = {name: chance.choice(TYPES) for name in names}
        parent = f"t{chance.randrange(number)}" if number else None
        above = len(tables[parent].rows) if parent else 0
        rows = []
        for key in range(1, chance.randint(3, 9)):
            link = [chance.choice([None, *range(1, above + 1)])] if parent else []
            rows.append((key, *link, *(_value(chance, kind) for kind in columns.values())))
        tables[f"t{number}"] = Table(f"t{number}", columns, parent, tuple(rows))
    return Database(tables)


def _value(chance: random.Random, kind: str) -> Any:
    if chance.random() < 0.25:
        return None
    match kind:
        case "integer":
            return chance.randint(-3, 3)
        case "bigint":
            return chance.choice([0, 2**53 + 1, -(2**62)])
        case "text":
            return chance.choice(TEXTS)
        case "numeric":
            return Number(chance.choice(["0", "1.50", "12345678901234567890.5"]))
        case "boolean":
            return chance.random() < 0.5
        case "timestamptz":
            return chance.choice(["2020-01-01T00:00:00+00:00", "1999-12-31T23:59:59.5+00:00"])
        case "text[]":
            return chance.sample(TEXTS, 2)
        case _:
            return {"k": chance.choice(TEXTS), "n": [1, None]}


class Number(str):
    """A decimal number as text."""

    __slots__ = ()


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(value: Any) -> str:
    """A constant of SQL."""
    if value is None:
        return "null"
    if isinstance(value, bool | int):
        return str(value).lower()
    if isinstance(value, list):
        return f"array[{', '.join(literal(part) for part in value)}]::text[]"
    text = json.dumps(value) if isinstance(value, dict) else value
    return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True)
class Condition:
    """``column operator value``; no column: all (``and``) or any (``or``) of the parts, or none (``not``)."""

    operator: str
    column: str | None = None
    value: Any = None
    parts: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Question:
    """Rows of a table, or the rows related to another's."""

    table: Table
    columns: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()
    order: tuple[tuple[str, bool], ...] = ()
    limit: int | None = None
    below: tuple[tuple[str, Question], ...] = ()  # ("up" | "down", question)


@st.composite
def questions(
    draw: st.DrawFn,
    database: Database,
    table: Table | None = None,
    depth: int = 2,
    one: bool = False,
    inner: bool = False,
) -> Question:
    if table is None:
        table = database.tables[draw(st.sampled_from(sorted(database.tables)))]
    columns = draw(st.lists(st.sampled_from(["id", *table.columns]), min_size=1, max_size=4, unique=True))
    below: list[tuple[str, Question]] = []
    if depth:
        if table.parent and draw(st.booleans()):
            below.append(
                ("up", draw(questions(database, database.tables[table.parent], depth - 1, one=True, inner=True)))
            )
        for child in database.children(table.name):
            if draw(st.booleans()):
                below.append(("down", draw(questions(database, child, depth - 1, inner=True))))
    compared = [name for name, kind in table.columns.items() if kind in COMPARED]
    conditions = [] if one else draw(st.lists(_conditions(table, [*compared, "id"]), max_size=2))
    order = [] if one else draw(st.lists(st.tuples(st.sampled_from([*compared, "id"]), st.booleans()), max_size=2,
                                         unique_by=lambda part: part[0]))  # fmt: skip
    bound = st.integers(0, 4)
    limit = None if one else draw(bound if inner else st.none() | bound)  # lists in lists without one may cost too much
    return Question(
        table, tuple(columns), tuple(conditions), (*order, ("id", False)) if not one else (), limit, tuple(below)
    )


def _conditions(table: Table, columns: list[str]) -> st.SearchStrategy[Condition]:
    kinds = {"id": "integer", **table.columns}
    chance = random.Random(7)

    def leaf(column: str) -> st.SearchStrategy[Condition]:
        seen = [value for _ in range(20) if (value := _value(chance, kinds[column])) is not None]
        value = st.sampled_from(seen)
        simple = st.builds(Condition, st.sampled_from(sorted(COMPARISONS)), st.just(column), value)
        several = st.builds(Condition, st.just("_in"), st.just(column), st.lists(value, min_size=1, max_size=3))
        null = st.builds(Condition, st.just("_is_null"), st.just(column), st.booleans())
        return simple | several | null

    leaves = st.sampled_from(columns).flatmap(leaf)
    return st.recursive(
        leaves,
        lambda inner: st.builds(
            Condition,
            st.sampled_from(["and", "or", "not"]),
            parts=st.lists(inner, min_size=1, max_size=3).map(tuple),
        ),
        max_leaves=4,
    )


# --- GraphQL ----------------------------------------------------------------------------------------------------


def as_graphql(question: Question) -> str:
    """The question's document; its root is called ``rows``."""
    return f"{{ rows: find_{question.table.name}{_arguments(question)} {_selection(question)} }}"


def _arguments(question: Question) -> str:
    conditions = ", ".join(_graphql_condition(part) for part in question.conditions)
    order = ", ".join(f"{{{spell(name)}: {'desc' if down else 'asc'}}}" for name, down in question.order)
    limit = f", limit: {question.limit}" if question.limit is not None else ""
    return f"(where: {{_and: [{conditions}]}}, order_by: [{order}]{limit})"


def _selection(question: Question) -> str:
    parts = [f"c{place}: {spell(name)}" for place, name in enumerate(question.columns)]
    for place, (way, below) in enumerate(question.below):
        arguments = _arguments(below) if way == "down" else ""
        parts.append(f"r{place}: {below.table.name}{arguments} {_selection(below)}")
    return "{ " + " ".join(parts) + " }"


def _graphql_condition(part: Condition) -> str:
    if part.column is not None:
        value = (
            ("true" if part.value else "false")
            if part.operator == "_is_null"
            else json.dumps(part.value, ensure_ascii=False)
        )
        return f"{{{spell(part.column)}: {{{part.operator}: {value}}}}}"
    inner = ", ".join(_graphql_condition(below) for below in part.parts)
    return f"{{_not: {{_and: [{inner}]}}}}" if part.operator == "not" else f"{{_{part.operator}: [{inner}]}}"


# --- REST -------------------------------------------------------------------------------------------------------


def as_rest(question: Question) -> list[tuple[str, str]]:
    """The parameters of its URL."""
    parameters: list[tuple[str, str]] = []
    parameters.insert(0, ("select", _rest(question, "", parameters)))
    return parameters


def _rest(question: Question, prefix: str, parameters: list[tuple[str, str]]) -> str:
    if question.conditions:
        inner = ",".join(_rest_condition(part) for part in question.conditions)
        parameters.append((f"{prefix}and", f"({inner})"))
    if question.order:
        order = ",".join(f"{_word(name)}.{'desc' if down else 'asc'}" for name, down in question.order)
        parameters.append((f"{prefix}order", order))
    if question.limit is not None:
        parameters.append((f"{prefix}limit", str(question.limit)))
    parts = [f"c{place}:{_word(name)}" for place, name in enumerate(question.columns)]
    for place, (way, below) in enumerate(question.below):
        hint = question.table.constraint if way == "up" else below.table.constraint
        parts.append(f"r{place}:{below.table.name}!{hint}({_rest(below, f'{prefix}r{place}.', parameters)})")
    return ",".join(parts)


def _rest_condition(part: Condition) -> str:
    if part.column is None:
        inner = ",".join(_rest_condition(below) for below in part.parts)
        return f"not.and({inner})" if part.operator == "not" else f"{part.operator}({inner})"
    name = _word(part.column)
    if part.operator == "_is_null":
        return f"{name}.{'is.null' if part.value else 'not.is.null'}"
    if part.operator == "_in":
        return f"{name}.in.({','.join(_rest_value(value) for value in part.value)})"
    return f"{name}.{part.operator[1:]}.{_rest_value(part.value)}"


def _word(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _rest_value(value: Any) -> str:
    return _word(str(value).lower() if isinstance(value, bool) else str(value))


# --- SQL --------------------------------------------------------------------------------------------------------


def as_sql(question: Question) -> str:
    """One statement with one value: the rows as JSON."""
    return f"select {_list(question, 'q', 'true')} as rows"


def _list(question: Question, alias: str, join: str) -> str:
    rows = f"select {_object(question, alias)} as v from {question.table.name} {alias} where {join}"
    rows += "".join(f" and ({_sql_condition(part, alias)})" for part in question.conditions)
    order = ", ".join(f"{alias}.{quoted(name)}{' desc' if down else ''}" for name, down in question.order)
    rows += f" order by {order}" + (f" limit {question.limit}" if question.limit is not None else "")
    return f"(select coalesce(json_agg({alias}v.v), '[]') from ({rows}) {alias}v)"


def _object(question: Question, alias: str) -> str:
    kinds = {"id": "integer", **question.table.columns}
    parts = []
    for place, name in enumerate(question.columns):
        cast = "::text" if kinds[name] in ("bigint", "numeric") else ""
        parts += [f"'c{place}'", f"{alias}.{quoted(name)}{cast}"]
    for place, (way, below) in enumerate(question.below):
        inner = f"{alias}{place}"
        if way == "up":
            join = f"{inner}.id = {alias}.{question.table.parent}_id"
            value = f"(select {_object(below, inner)} from {below.table.name} {inner} where {join})"
        else:
            value = _list(below, inner, f"{inner}.{below.table.parent}_id = {alias}.id")
        parts += [f"'r{place}'", value]
    return f"json_build_object({', '.join(parts)})"


def _sql_condition(part: Condition, alias: str) -> str:
    if part.column is None:
        word = " or " if part.operator == "or" else " and "
        inner = "(" + word.join(_sql_condition(below, alias) for below in part.parts) + ")"
        return f"not {inner}" if part.operator == "not" else inner
    name = f"{alias}.{quoted(part.column)}"
    if part.operator == "_is_null":
        return f"{name} is {'' if part.value else 'not '}null"
    if part.operator == "_in":
        return f"{name} in ({', '.join(literal(value) for value in part.value)})"
    return f"{name} {COMPARISONS[part.operator]} {literal(part.value)}"
