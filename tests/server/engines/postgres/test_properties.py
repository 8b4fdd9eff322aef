"""Generated questions against a model in Python, and generated texts through every way in and out."""

from __future__ import annotations

import csv
import functools
import io
import json
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dbaas_server.nouns import Arg, Compare, Count, Format, Logic, Order, Path
from shapes import call, cmp, rows, table

GRID = [
    {"id": i, "a": (i * 7 % 5 if i * 7 % 5 != 3 else None), "b": (chr(97 + i * 3 % 4) if i * 3 % 4 != 2 else None)}
    for i in range(1, 31)
]

generated = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


class Args:
    """Collects the values of a generated shape."""

    def __init__(self):
        self.values = []

    def add(self, value):
        self.values.append(str(value))
        return Arg(len(self.values) - 1)


columns = st.sampled_from(["id", "a", "b"])
operators = st.sampled_from(["eq", "neq", "gt", "gte", "lt", "lte", "isdistinct", "in", "is", "any", "all"])


@st.composite
def comparisons(draw):
    column = draw(columns)
    value = st.sampled_from("abcd") if column == "b" else st.integers(-1, 12)
    operator = draw(operators)
    if operator == "is":
        operand = draw(st.sampled_from(["null", "not_null"]))
    elif operator in ("in", "any", "all"):
        operand = draw(st.lists(value, max_size=3))
    else:
        operand = draw(value)
    return ("compare", column, operator, operand, draw(st.booleans()))


trees = st.recursive(
    comparisons(),
    lambda inner: st.tuples(
        st.just("logic"), st.sampled_from(["and", "or"]), st.lists(inner, max_size=3), st.booleans()
    ),
    max_leaves=6,
)
orders = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.booleans(), st.sampled_from([None, True, False])),
    max_size=2,
    unique_by=lambda key: key[0],
)


def shape(tree, args):
    if tree[0] == "logic":
        return Logic(tree[1], tuple(shape(part, args) for part in tree[2]), tree[3])
    _, column, operator, operand, negated = tree
    if operator == "is":
        return Compare(Path(column), "is", operand, negated)
    if operator in ("any", "all"):
        return Compare(Path(column), "gte", tuple(map(args.add, operand)), negated, quantifier=operator)
    if operator == "in":
        return Compare(Path(column), "in", tuple(map(args.add, operand)), negated)
    return Compare(Path(column), operator, args.add(operand), negated)


def negate(value):
    return None if value is None else not value


def conjunction(values):
    if False in values:
        return False
    return None if None in values else True


def disjunction(values):
    return negate(conjunction([negate(value) for value in values]))


def truth(tree, row):
    """SQL's three truth values: True, False and None."""
    if tree[0] == "logic":
        parts = [truth(part, row) for part in tree[2]]
        value = conjunction(parts) if tree[1] == "and" else disjunction(parts)
        return negate(value) if tree[3] else value
    _, column, operator, operand, negated = tree
    value = row[column]

    def compare(word, other):
        if value is None:
            return None
        return {
            "eq": value == other,
            "neq": value != other,
            "gt": value > other,
            "gte": value >= other,
            "lt": value < other,
            "lte": value <= other,
        }[word]

    if operator == "is":
        found = (value is None) == (operand == "null")
    elif operator == "isdistinct":
        found = value != operand
    elif operator == "in":
        found = disjunction([compare("eq", item) for item in operand])
    elif operator == "any":
        found = disjunction([compare("gte", item) for item in operand])
    elif operator == "all":
        found = conjunction([compare("gte", item) for item in operand])
    else:
        found = compare(operator, operand)
    return negate(found) if negated else found


def ordered(found, keys):
    def before(left, right):
        for column, descending, nulls_first in keys:
            x, y = left[column], right[column]
            if x == y:
                continue
            if x is None or y is None:
                first = descending if nulls_first is None else nulls_first
                return -1 if (x is None) == first else 1
            return (1 if x > y else -1) * (-1 if descending else 1)
        return left["id"] - right["id"]

    return sorted(found, key=functools.cmp_to_key(before))


def order_of(keys):
    return (*(Order(Path(column), descending, nulls) for column, descending, nulls in keys), Order(Path("id")))


@generated
@given(st.lists(trees, max_size=2), orders, st.integers(0, 35), st.integers(0, 12))
async def test_any_filter_order_and_page_gives_what_the_model_gives(session, user, where, keys, limit, offset):
    args = Args()
    filters = tuple(shape(tree, args) for tree in where)
    read = table(
        "grid", where=filters, order=order_of(keys), limit=args.add(limit), offset=args.add(offset), count=Count.exact
    )
    answer = await session.read(read, args.values, user)
    expected = ordered([row for row in GRID if all(truth(tree, row) is True for tree in where)], keys)
    assert rows(answer) == expected[offset : offset + limit]
    assert answer.total == len(expected)


@generated
@given(orders, st.integers(1, 9))
async def test_cursors_visit_every_row_once_in_any_order(session, user, keys, size):
    read = table("grid", "id", order=order_of(keys), limit=Arg(0), keyset=True)
    following = replace(read, after=tuple(Arg(1 + place) for place in range(len(keys) + 1)))
    seen = []
    answer = await session.read(read, (str(size),), user)
    while True:
        seen += [row["id"] for row in rows(answer)]
        if answer.cursor is None:
            break
        answer = await session.read(following, (str(size), *json.loads(answer.cursor)), user)
    assert seen == [row["id"] for row in ordered(GRID, keys)]


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


@generated
@given(texts)
async def test_any_text_comes_back_unchanged(session, user, text):
    echo = call("echo_text", body=0, unnamed=True)
    assert rows(await session.call(echo, (text,), user)) == text
    as_csv = await session.call(replace(echo, format=Format.csv), (text,), user)
    assert list(csv.reader(io.StringIO(as_csv.body.decode(), newline="")))[1] == [text]
    body = json.dumps({"deep": [text]})
    assert rows(await session.call(call("echo", body=0, unnamed=True), (body,), user)) == {"deep": [text]}


@generated
@given(texts)
async def test_any_text_is_a_value_where_it_is_a_constant_too(session, user, text):
    read = table("grid", "id", where=(cmp("b", "isdistinct", 0),), order=(Order(Path("id")),))
    exported = b"".join([chunk async for chunk in session.export(read, (text,), user, Format.json)])
    assert json.loads(exported) == [{"id": row["id"]} for row in GRID if row["b"] != text]


@generated
@given(texts, st.lists(st.one_of(st.none(), texts), max_size=4))
async def test_any_text_is_an_argument_of_a_query(session, owner, text, items):
    result = await session.run("select $1::text, $2::text[]", (text, items), owner)
    assert result.rows == [(text, items)]
