"""Generators of valid pieces of PostgREST's grammar, each with what it must parse to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from hypothesis import strategies as st

from dbaas_server.nouns import Aggregate, Arg, Compare, EmbedExists, Field, JsonStep, Logic, Order, Path, Star
from dbaas_server.rest.grammar.filters import FULL_TEXT, QUANTIFIABLE, SIMPLE

names = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True).filter(
    lambda name: (
        name
        not in {"select", "order", "limit", "offset", "and", "or", "not", "columns", "on_conflict", "cursor", "count"}
    )
)
odd_names = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=12)
texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)


def quoted(text: str) -> str:
    """As postgrest-js writes a value that holds a reserved character."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@dataclass(frozen=True)
class Case:
    """A parameter's text and the filter that it must become, its arguments standing for indexes."""

    text: str
    filter: Compare | Logic | EmbedExists


@st.composite
def paths(draw: st.DrawFn) -> tuple[str, Path]:
    name = draw(names | odd_names)
    text = name if name.isidentifier() and name.isascii() else quoted(name)
    steps = []
    for key, as_text in draw(st.lists(st.tuples(names | st.integers(-99, 99), st.booleans()), max_size=3)):
        text += ("->>" if as_text else "->") + str(key)
        steps.append(JsonStep(key, as_text))
    return text, Path(name, tuple(steps))


@st.composite
def compares(draw: st.DrawFn, values: list[str | None], in_tree: bool = False) -> tuple[str, str, Compare]:
    """``(path text, operation text, noun)``; arguments are appended to ``values``."""
    path_text, path = draw(paths())
    negated = draw(st.booleans())
    kind = draw(st.sampled_from(["scalar", "fts", "in", "is", "quantified"]))
    prefix = "not." if negated else ""

    def add(value: str | None) -> Arg:
        values.append(value)
        return Arg(len(values) - 1)

    if kind == "scalar":
        operator = draw(st.sampled_from(sorted(QUANTIFIABLE | SIMPLE)))
        value = draw(texts)
        kept = value.replace("*", "%") if operator in ("like", "ilike") else value
        return (
            path_text,
            f"{prefix}{operator}.{quoted(value) if in_tree else value}",
            Compare(path, operator, add(kept), negated),
        )
    if kind == "fts":
        operator = draw(st.sampled_from(sorted(FULL_TEXT)))
        language = draw(st.none() | names)
        value = draw(texts)
        text = f"{prefix}{operator}{f'({language})' if language else ''}.{quoted(value) if in_tree else value}"
        return path_text, text, Compare(path, operator, add(value), negated, language=language)
    if kind == "in":
        members = draw(st.lists(texts, min_size=1, max_size=4))
        text = f"{prefix}in.({','.join(map(quoted, members))})"
        # One empty text alone is how the grammar writes the empty list.
        kept_members = [] if members == [""] else members
        return path_text, text, Compare(path, "in", tuple(add(member) for member in kept_members), negated)
    if kind == "is":
        word = draw(st.sampled_from(["null", "not_null", "true", "false", "unknown"]))
        return path_text, f"{prefix}is.{word}", Compare(path, "is", word, negated)
    operator = draw(st.sampled_from(sorted(QUANTIFIABLE)))
    quantifier = draw(st.sampled_from(["any", "all"]))
    members = draw(st.lists(texts, max_size=3))
    literal = "{" + ",".join(map(quoted, members)) + "}"
    kept_members = [m.replace("*", "%") if operator in ("like", "ilike") else m for m in members]
    text = f"{prefix}{operator}({quantifier}).{quoted(literal) if in_tree else literal}"
    return path_text, text, Compare(path, operator, tuple(map(add, kept_members)), negated, quantifier)


@st.composite
def trees(draw: st.DrawFn, values: list[str | None], depth: int = 3) -> tuple[str, Logic]:
    """``(text with the operator in front, noun)``."""
    operator = draw(st.sampled_from(["and", "or"]))
    negated = draw(st.booleans())
    parts = []
    items: list[Compare | Logic | EmbedExists] = []
    for _ in range(draw(st.integers(1, 3))):
        if depth and draw(st.booleans()):
            text, item = draw(trees(values, depth - 1))
            items.append(item)
        else:
            path, operation, compare = draw(compares(values, in_tree=True))
            text = f"{path}.{operation}"
            items.append(compare)
        parts.append(text)
    return f"{'not.' if negated else ''}{operator}({','.join(parts)})", Logic(operator, tuple(items), negated)


@st.composite
def orders(draw: st.DrawFn) -> tuple[str, tuple[Order, ...]]:
    texts_, keys = [], []
    for _ in range(draw(st.integers(1, 3))):
        text, path = draw(paths())
        embed = draw(st.none() | names)
        direction = draw(st.sampled_from([None, "asc", "desc"]))
        nulls = draw(st.sampled_from([None, "nullsfirst", "nullslast"]))
        text = f"{embed}({text})" if embed else text
        texts_.append(".".join(filter(None, [text, direction, nulls])))
        first = None if nulls is None else nulls == "nullsfirst"
        keys.append(Order(path, direction == "desc", first, embed))
    return ",".join(texts_), tuple(keys)


@st.composite
def fields(draw: st.DrawFn) -> tuple[str, Field | Star]:
    if draw(st.integers(0, 9)) == 0:
        return "*", Star()
    alias = draw(st.none() | names | odd_names)
    shown = "" if alias is None else (alias if alias.isidentifier() and alias.isascii() else quoted(alias)) + ":"
    if draw(st.integers(0, 9)) == 0:
        cast = draw(st.none() | st.sampled_from(["int", "text"]))
        return f"{shown}count(){'::' + cast if cast else ''}", Field(None, alias, None, Aggregate.count, cast)
    text, path = draw(paths())
    cast = draw(st.none() | st.sampled_from(["text", "int4", "timestamp with time zone", "text[]"]))
    aggregate = draw(st.none() | st.sampled_from(Aggregate))
    aggregate_cast = draw(st.none() | st.sampled_from(["text", "int8"])) if aggregate else None
    text = f"{shown}{text}{'::' + cast if cast else ''}"
    if aggregate:
        text += f".{aggregate.value}(){'::' + aggregate_cast if aggregate_cast else ''}"
    return text, Field(path, alias, cast, aggregate, aggregate_cast)


def encode(pairs: Sequence[tuple[str, str]]) -> str:
    """A query string, percent-encoded as URLSearchParams would, blanks as ``%20``."""
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='*')}" for name, value in pairs)
