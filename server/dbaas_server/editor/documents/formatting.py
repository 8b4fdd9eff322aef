"""Statements as they are written well: two spaces, short things on one line, comments where they were. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from dbaas_provisioning.errors import Invalid
from dbaas_shell import Scanner, ShellError, parse

from .reading import Token, read, tokens
from .splitting import Names

__all__ = ["formatted"]

_WIDTH = 80
_INDENT = "  "
_LONGEST = 100_000
_CLOSING = {"{": "}", "[": "]", "(": ")"}
_TIGHT = frozenset({".", "..."})


@dataclass(slots=True)
class _Group:
    """What is between two brackets, parted by commas."""

    opening: str
    parts: list[_Part] = field(default_factory=list)


@dataclass(slots=True)
class _Part:
    before: list[Token] = field(default_factory=list)  # comments above it
    words: list[_Element] = field(default_factory=list)
    behind: list[Token] = field(default_factory=list)  # comments on its line


_Element: TypeAlias = "Token | _Group"


def formatted(text: str) -> str:
    """A text, laid out; the white space around it stays.

    Raises:
        Invalid: ``not_formattable``: it cannot be read, or would not say the same.
    """
    inner = text.strip()
    if not inner:
        return text
    if len(inner) > _LONGEST:
        raise _refused(f"It is longer than {_LONGEST:,} characters.")
    _check(inner)
    made = "\n".join(_laid_out(inner)).strip()
    if _meaning(made) != _meaning(inner) or sorted(_comments(made)) != sorted(_comments(inner)):
        raise _refused("A comment stands where it would have to move.")
    start = text.index(inner)
    return text[:start] + made + text[start + len(inner) :]


def _refused(reason: str) -> Invalid:
    return Invalid("not_formattable", f"This cannot be formatted: {reason}")


def _check(text: str) -> None:
    try:
        parse(Scanner(text), Names())
    except ShellError as error:
        raise _refused(f"{error.message} (line {error.line}, column {error.column})") from None


def _meaning(text: str) -> list[str]:
    """All words but comments, and commas that nothing follows."""
    words = [word for word in tokens(text) if word.kind != "comment"]
    following = [*words[1:], None]
    return [
        word.text
        for word, then in zip(words, following, strict=True)
        if not (word.is_mark(",") and then is not None and then.is_mark(*_CLOSING.values()))
    ]


def _comments(text: str) -> Iterator[str]:
    return (word.text.rstrip() for word in tokens(text) if word.kind == "comment")


def _laid_out(text: str) -> Iterator[str]:
    """The lines: of each statement, and of the comments between."""
    words = list(tokens(text))
    starts = {each.start for each in read(words).statements}
    statement: list[Token] = []
    last: Token | None = None
    for word in words:
        gap = text[last.end : word.start] if last is not None else ""
        begins = word.start in starts or (word.kind == "comment" and _is_outside(statement))
        if begins:
            yield from _statement(statement, text)
            statement = []
            if gap.count("\n") > 1:
                yield ""
            if word.kind == "comment":
                yield word.text.rstrip()
                last = word
                continue
        statement.append(word)
        last = word
    yield from _statement(statement, text)


def _is_outside(words: Sequence[Token]) -> bool:
    """Whether all brackets are closed."""
    return sum(word.is_mark(*_CLOSING) - word.is_mark(*_CLOSING.values()) for word in words) == 0


def _statement(words: list[Token], text: str) -> Iterator[str]:
    if not words:
        return
    elements, _ = _elements(words, 0, text)
    flat = _flat(elements)
    if flat is not None and len(flat) <= _WIDTH:
        yield flat
        return
    yield from _lines(elements, "").splitlines()


def _elements(words: Sequence[Token], at: int, text: str) -> tuple[list[_Element], int]:
    """What follows up to a comma or a closing bracket; comments are left to who asked."""
    found: list[_Element] = []
    while at < len(words) and not words[at].is_mark(",", *_CLOSING.values()) and words[at].kind != "comment":
        if words[at].is_mark(*_CLOSING):
            group, at = _group(words, at, text)
            found.append(group)
        else:
            found.append(words[at])
            at += 1
    return found, at


def _group(words: Sequence[Token], at: int, text: str) -> tuple[_Group, int]:
    group = _Group(words[at].text)
    at += 1
    part = _Part()
    while at < len(words) and not words[at].is_mark(*_CLOSING.values()):
        word = words[at]
        if word.kind == "comment":
            same_line = "\n" not in text[words[at - 1].end : word.start]
            if part.words:
                part.behind.append(word)
            elif same_line and group.parts and words[at - 1].is_mark(","):
                group.parts[-1].behind.append(word)
            else:
                part.before.append(word)
            at += 1
        elif word.is_mark(","):
            group.parts.append(part)
            part = _Part()
            at += 1
        else:
            more, at = _elements(words, at, text)
            part.words += more
    if part.words or part.before:
        group.parts.append(part)
    return group, at + 1


def _flat(elements: Sequence[_Element]) -> str | None:
    """On one line; None where a comment forbids it."""
    pieces: list[str] = []
    for place, each in enumerate(elements):
        if isinstance(each, Token):
            text = each.text
        else:
            inner = _flat_group(each)
            if inner is None:
                return None
            text = inner
        pieces.append(_space(elements, place) + text)
    return "".join(pieces)


def _flat_group(group: _Group) -> str | None:
    parts: list[str] = []
    for part in group.parts:
        inner = _flat(part.words)
        if inner is None or part.before or part.behind:
            return None
        parts.append(inner)
    inside = ", ".join(parts)
    padding = " " if group.opening == "{" and inside else ""
    return f"{group.opening}{padding}{inside}{padding}{_CLOSING[group.opening]}"


def _space(elements: Sequence[_Element], place: int) -> str:
    """What stands before an element."""
    if not place:
        return ""
    before, each = elements[place - 1], elements[place]
    if isinstance(before, Token) and before.is_mark(":"):
        return " "
    if isinstance(before, Token) and isinstance(each, Token) and _is_word(before) and _is_word(each):
        return " "
    return ""


def _is_word(token: Token) -> bool:
    return token.kind != "mark"


def _lines(elements: Sequence[_Element], indent: str) -> str:
    """On several lines, the first of which has its indent already."""
    made = ""
    for place, each in enumerate(elements):
        made += _space(elements, place)
        if isinstance(each, Token):
            made += each.text
            continue
        flat = _flat_group(each)
        used = len(made.rsplit("\n", 1)[-1]) + (len(indent) if "\n" not in made else 0)
        rest = _flat(elements[place + 1 :])
        fits = flat is not None and used + len(flat) + len((rest or "").split(".")[0]) <= _WIDTH
        made += flat if flat is not None and fits else _broken(each, indent)
    return made


def _broken(group: _Group, indent: str) -> str:
    has_comments = any(part.before or part.behind for part in group.parts)
    if group.opening == "(" and not has_comments:
        return f"({', '.join(_lines(part.words, indent) for part in group.parts)})"
    deeper = indent + _INDENT
    lines = [group.opening]
    for place, part in enumerate(group.parts):
        lines += [f"{deeper}{comment.text.rstrip()}" for comment in part.before]
        comma = "," if place < len(group.parts) - 1 and part.words else ""
        behind = "".join(f" {comment.text.rstrip()}" for comment in part.behind)
        if part.words:
            lines.append(f"{deeper}{_lines(part.words, deeper)}{comma}{behind}")
    return "\n".join([*lines, f"{indent}{_CLOSING[group.opening]}"])
