"""Words of the language that make sense where the cursor is."""

from __future__ import annotations

from ..groups import Group, word
from .candidates import Offer
from .context import Context

__all__ = [
    "offer_after_operand",
    "offer_after_table",
    "offer_merge_words",
    "offer_operand_words",
    "offer_statements",
    "offer_words",
]

_STATEMENTS = (
    "select", "insert into", "update", "delete from", "with", "create table", "alter table", "explain analyze",
    "create view", "create index", "create function", "create policy", "create type", "create schema", "drop table",
    "truncate", "merge into", "grant", "revoke", "begin", "commit", "rollback", "explain", "create", "alter", "drop",
    "comment on", "copy", "analyze", "vacuum", "refresh materialized view", "values", "table", "set", "show", "call",
    "do", "lock table", "prepare", "execute", "declare", "fetch",
)  # fmt: skip
_CONDITION = ("and", "or", "is null", "is not null", "in", "not in", "like", "ilike", "between", "not like",
              "is distinct from", "not", "is")  # fmt: skip
_END = ("union all", "union", "except", "intersect", "for update")
_FOLLOWING = {
    "select": ("from", "as", "where", "group by", "order by", "limit", "into", *_END),
    "from": ("where", "group by", "order by", "limit", "having", "window", "offset", *_END),
    "where": ("group by", "order by", "limit", "having", "window", "offset", *_END),
    "group": ("having", "order by", "limit", "window", "offset", *_END),
    "having": ("order by", "limit", "window", "offset", *_END),
    "window": ("order by", "limit", *_END),
    "order": ("limit", "offset", "fetch first", "for update"),
    "limit": ("offset", "for update"),
    "offset": ("limit", "rows", "fetch first", "for update"),
    "fetch": ("rows only", "row only", "rows with ties"),
    "for": ("update", "share", "no key update", "key share", "of", "skip locked", "nowait"),
    "values": ("order by", "limit", *_END),
    "into": ("from",),
    "table": (),
    "returning": ("as",),
    "set": ("where", "from", "returning"),
    "insert": ("values", "select", "default values", "on conflict", "returning", "as", "overriding"),
    "on conflict": ("do nothing", "do update set", "where", "returning", "on constraint"),
    "update": ("set", "as"),
    "delete": ("where", "using", "returning", "as"),
    "using": ("where", "on", "returning", "when matched then", "when not matched then"),
    "merge": ("using", "as"),
    "when": ("matched then", "not matched then", "update set", "delete", "insert", "do nothing", "then", "and"),
}
_HALF_JOINS = frozenset({"left", "right", "full", "inner", "cross", "natural", "outer"})
_OPERATES = frozenset({"where", "having", "on", "when"})


def offer_merge_words(offer: Offer, context: Context) -> None:
    """What follows WHEN in a MERGE."""
    if context.word() == "when":
        offer_words(offer, ("matched then", "not matched then", "matched and", "not matched and"), 0.0)
    elif context.word() == "then":
        offer_words(offer, ("update set", "insert", "delete", "do nothing"), 0.0)
    elif context.word() == "matched":
        offer_words(offer, ("then", "and", "by source then", "by target then"), 0.0)
    else:
        offer_words(offer, ("then", *_CONDITION), 0.0)


def offer_words(offer: Offer, words: tuple[str, ...], rank: float) -> None:
    """Keywords in the order in which they are likely, written as the typed text is."""
    typed = offer.typed.text
    upper = typed.isupper()
    for place, each in enumerate(words):
        shown = each.upper() if upper else each
        offer.text(shown, "keyword", rank + 0.002 * place)


def offer_statements(offer: Offer) -> None:
    """What a statement can begin with."""
    offer_words(offer, _STATEMENTS, 0.0)


def offer_operand_words(offer: Offer, context: Context) -> None:
    """Words that begin a value."""
    clause = context.place.clause.name
    words: tuple[str, ...] = ("case", "not", "exists", "null", "true", "false", "array", "interval", "cast", "any")
    if clause == "select" and not context.place.groups and context.word() == "select":
        words = ("distinct", "distinct on", "all", *words)
    if context.word() == "is":
        words = ("null", "not null", "true", "not true", "false", "not false", "distinct from", "not distinct from")
    elif context.word(2) == "is" and context.word() == "not":
        words = ("null", "true", "false", "distinct from")
    elif context.word() == "not":
        words = ("exists", "in", "null", "like", "ilike", "between", *words)
    elif clause == "limit":
        words = ("all",)
    elif clause in ("set", "values"):
        words = ("default", *words)
    if context.word() == "distinct" and clause == "select":
        words = ("on", *words)
    if context.group is not None and not context.before:
        words = ("select", "distinct", *words)
    if context.word() == "case":
        offer_words(offer, ("when",), -0.1)
    if clause in ("values", "set") and not offer.typed.text:
        offer_words(offer, ("default",), -0.1)
    offer_words(offer, words, 1.2)


def offer_after_operand(offer: Offer, context: Context, rank: float = 0.0) -> None:
    """Operators and clauses behind a value."""
    clause = context.place.clause.name
    words: list[str] = []
    open_case = _open_cases(context)
    if open_case:
        words += {"case": ("when",), "when": ("then", *_CONDITION), "then": ("else", "when", "end"), "else": ("end",)}[
            open_case
        ]
    if isinstance(context.last, Group) and clause in ("select", "order", "returning") and not open_case:
        words += ["over", "filter"]
    if context.place.groups:
        before = word(context.place.groups[-1].before)
        words += ["as"] if before == "cast" else ["partition by", "order by"] if before == "over" else []
        words += [*_CONDITION, "order by"]
    elif clause in _OPERATES or context.place.role == "on":
        words += _CONDITION
        if context.place.role == "on":
            words += ["join", "left join", "inner join", "right join", "full join", "cross join"]
    if clause == "order" and not context.place.groups:
        words += ["asc", "desc", "nulls last", "nulls first", "desc nulls last", "using"]
    if not context.place.groups and not open_case:
        words += [each for each in _FOLLOWING.get(clause, ()) if each not in words]
    if clause in ("select", "set", "returning", "order", "group", "values"):
        words += ["as"] if clause in ("select", "returning") else []
        words += ["is null", "is not null", "and", "or", "like", "in", "between", "at time zone", "collate"]
    offer_words(offer, tuple(dict.fromkeys(words)), rank)


def _open_cases(context: Context) -> str:
    """The last word of an unfinished CASE before the cursor; empty where there is none."""
    stack: list[str] = []
    for item in context.before:
        what = word(item)
        if what == "case":
            stack.append("case")
        elif what in ("when", "then", "else") and stack:
            stack[-1] = what
        elif what == "end" and stack:
            stack.pop()
    return stack[-1] if stack else ""


def offer_after_table(offer: Offer, context: Context, *, joined: bool) -> None:
    """What follows a table in FROM; behind a joined one its condition comes first."""
    words: tuple[str, ...] = (
        "join", "left join", "where", "group by", "order by", "limit", "inner join", "right join", "full join",
        "cross join", "as", "natural join", "lateral", "tablesample", "having", "window", "offset", *_END,
    )  # fmt: skip
    block = context.block.kind
    if (half := context.word()) in _HALF_JOINS:
        outer = ("join", "outer join") if half in ("left", "right", "full") else ("join",)
        offer_words(offer, outer if half != "natural" else ("join", "left join", "inner join"), 0.0)
        return
    if joined:
        words = ("on", "using", *words)
    elif block == "update":
        words = ("where", "join", "left join", "returning", "as")
    elif block == "delete":
        words = ("where", "join", "returning", "as")
    elif block == "merge":
        words = ("on", "as")
    offer_words(offer, words, 0.0)
