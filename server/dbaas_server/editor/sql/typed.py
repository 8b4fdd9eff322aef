"""What is being typed at the cursor, and the statement around it with that piece taken out."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass

from .borders import around, paragraph
from .groups import CURSOR, Item, grouped
from .lexer import SILENT, Token, closed, tokens

__all__ = ["Typed", "typed_at"]

_LONGEST_NAME = 200
_REST_OF_QUOTED = re.compile(r'(?:[\w$](?:[\w$ .-]|"")*)?"')
_REST_OF_STRING = re.compile(r"(?:[\w$](?:[\w$ .-]|'')*)?'")


@dataclass(frozen=True, slots=True)
class Typed:
    """The cursor's surroundings.

    Attributes:
        text: what stands before the cursor of the name that is being typed; without its opening quote.
        start, end: what a chosen candidate replaces, in code points of the whole text.
        quote: ``"`` within a quoted name, ``'`` within a string, ``:`` in a parameter, else empty.
        items: the statement's tree, the cursor in it.
        before: the token before the cursor's, the spaces between left out.
        tokens: the statement's tokens, comments among them.
    """

    text: str
    start: int
    end: int
    quote: str
    items: list[Item]
    before: Token | None
    tokens: tuple[Token, ...]


def typed_at(text: str, position: int) -> Typed | None:
    """What is being typed at a position; None where there is nothing to complete (comments, numbers, other texts)."""
    low, high = around(text, position)
    read = tokens(text, low, high, spaces=False)
    first, last = paragraph(text, read, position)
    read = read[first:last]
    behind = bisect_left(read, position, key=lambda token: token.start)
    index = behind - 1 if behind and read[behind - 1].end >= position else None
    token = read[index] if index is not None else None
    piece, start, end, quote = "", position, position, ""
    tail = read[behind:]
    head = read[: behind if index is None else index]
    if token is not None:
        inside = position < token.end or not closed(token)
        if token.kind == "comment":
            if inside or token.text.startswith("--"):
                return None
            head = [*head, token]
        elif token.kind in ("number", "position"):
            return None
        elif token.kind == "param" or (token.text == ":" and token.kind == "other"):
            piece, start, quote = text[token.start + 1 : position], token.start + 1, ":"
        elif token.kind == "word":
            piece, start = text[token.start : position], token.start
        elif token.kind in ("quoted", "string") and (inside or token.kind == "quoted"):
            mark = '"' if token.kind == "quoted" else "'"
            opening = token.text.find(mark)
            if opening < 0 or token.start + opening >= position or token.text.startswith("$"):
                return None
            piece = text[token.start + opening + 1 : position].replace(mark * 2, mark)
            start, quote = token.start + opening, mark
            if position == token.end:
                piece = piece[:-1] if closed(token) else piece
            else:
                rest = (_REST_OF_QUOTED if mark == '"' else _REST_OF_STRING).match(text, position)
                if rest is not None and rest.end() == token.end:
                    end = token.end
                else:  # the quote is not closed yet, and took what follows for its own
                    tail = tokens(text, position, high, spaces=False)
        elif position < token.end and token.kind not in SILENT:
            return None  # within an operator
        else:
            head = [*head, token]
    if len(piece) > _LONGEST_NAME:
        return None
    kept = [each for each in head if each.kind not in SILENT]
    marked = [*kept, Token(CURSOR, "", position), *(each for each in tail if each.kind not in SILENT)]
    return Typed(piece, start, end, quote, grouped(marked), kept[-1] if kept else None, tuple(read))
