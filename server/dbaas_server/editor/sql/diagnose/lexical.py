"""Strings, names, comments and brackets that have no end."""

from __future__ import annotations

from collections.abc import Sequence

from ..lexer import Token, closed
from .problems import Diagnostic, Fix

__all__ = ["unbalanced", "unended"]

_WHAT = {"string": "string", "quoted": "quoted name", "comment": "comment"}
_PAIR = {"(": ")", "[": "]"}


def unended(read: Sequence[Token]) -> list[Diagnostic]:
    """The string, name or comment that a text ends in; all but the last end by their nature."""
    if not read or closed(read[-1]):
        return []
    token = read[-1]
    what = _WHAT[token.kind]
    first_line = token.text.splitlines()[0] if token.text.splitlines() else token.text
    end = token.start + max(1, len(first_line))
    if token.kind == "comment":
        mark = "*/"
    elif token.text.startswith("$"):
        mark = token.text[: token.text.index("$", 1) + 1]
    else:
        mark = '"' if token.kind == "quoted" else "'"
    return [
        Diagnostic(
            token.start, end, "error", f"unterminated_{token.kind if token.kind != 'quoted' else 'name'}",
            f"This {what} does not end.", f"Close it with {mark}.",
            (Fix(f"Close it with {mark} at the end of the line", ((end, end, mark),)),),
        )
    ]  # fmt: skip


def unbalanced(read: Sequence[Token]) -> list[Diagnostic]:
    """Brackets that are not closed, and those that close nothing."""
    stack: list[Token] = []
    found: list[Diagnostic] = []
    for token in read:
        if token.kind == "open":
            stack.append(token)
        elif token.kind == "close":
            if stack and _PAIR[stack[-1].text] == token.text:
                stack.pop()
            else:
                fix = Fix(f"Remove {token.text}", ((token.start, token.end, ""),))
                message = f"This {token.text} closes nothing."
                found.append(Diagnostic(token.start, token.end, "error", "unbalanced_bracket", message, None, (fix,)))
                break
    if not found and stack:
        token, last = stack[-1], read[-1].end
        closing = "".join(_PAIR[each.text] for each in reversed(stack))
        fix = Fix(f"Close it with {closing} at the end", ((last, last, closing),))
        message = f"This {token.text} is not closed."
        found.append(Diagnostic(token.start, token.end, "error", "unbalanced_bracket", message, None, (fix,)))
    return found
