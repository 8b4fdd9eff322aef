"""The words of a cell, and the one error that says where it cannot be read. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import UsageError

__all__ = ["Scanner", "Token", "describe"]

_SPACE = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_TOKEN = re.compile(
    r"""
      (?P<name>[^\W\d][\w$]*|\$[\w$]*)
    | (?P<number>0[xX][\da-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)
    | (?P<mark>\.\.\.|[{}\[\]().,:;+-])
    """,
    re.VERBOSE | re.DOTALL,
)
_REGEX = re.compile(r"/(?P<pattern>(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)/(?P<flags>[a-z]*)")
_LONGEST_EXCERPT = 40


@dataclass(frozen=True, slots=True)
class Token:
    """A word and where it begins. ``kind``: ``name number string regex mark end``."""

    kind: str
    text: str
    at: int


def describe(token: Token) -> str:
    """A token as an error names it."""
    if token.kind == "end":
        return "the end of the cell"
    text = token.text if len(token.text) <= _LONGEST_EXCERPT else f"{token.text[:_LONGEST_EXCERPT]}…"
    return f"“{text}”"


class Scanner:
    """Looks one token ahead.

    Args:
        first_line: the number of the text's first line, for whoever reads it in something larger.
    """

    def __init__(self, text: str, *, first_line: int = 1) -> None:
        self._text = text
        self._first_line = first_line
        self._at = 0
        self._next: Token | None = None

    def peek(self) -> Token:
        """The next token, which stays the next. Raises ``UsageError``."""
        if self._next is None:
            self._next = self._scan()
        return self._next

    def take(self) -> Token:
        """The next token. Raises ``UsageError``."""
        token = self.peek()
        self._next = None
        self._at = token.at + len(token.text)
        return token

    def take_mark(self, *marks: str) -> Token | None:
        """The next token if it is one of these marks."""
        token = self.peek()
        return self.take() if token.kind == "mark" and token.text in marks else None

    def expect(self, mark: str, instead: str = "") -> Token:
        """That mark. Raises ``UsageError`` (``instead`` says what was wanted)."""
        token = self.take_mark(mark)
        if token is None:
            raise self.error(f"Here {instead or f'“{mark}”'} is expected, not {describe(self.peek())}.")
        return token

    def error(self, message: str, token: Token | None = None, *, hint: str | None = None) -> UsageError:
        """What is wrong and where: at ``token``, else at the next one."""
        at = (token or self._next or Token("", "", self._at)).at
        before = self._text[:at]
        line, column = before.count("\n") + self._first_line, at - (before.rfind("\n") + 1) + 1
        error = UsageError(message, hint=hint)
        error.details = f"line {line}, column {column}"
        return error

    def _scan(self) -> Token:
        space = _SPACE.match(self._text, self._at)
        assert space is not None
        at = space.end()
        if at == len(self._text):
            return Token("end", "", at)
        match = _TOKEN.match(self._text, at)
        if match is not None and match.lastgroup is not None:
            return Token(match.lastgroup, match.group(), at)
        regex = _REGEX.match(self._text, at)
        if regex is not None:
            return Token("regex", regex.group(), at)
        character = self._text[at]
        here = Token("other", character, at)
        if character in "\"'`":
            raise self.error("This text is not closed.", here)
        if self._text.startswith("/*", at):
            raise self.error("This comment is not closed.", here)
        raise self.error(f"{describe(here)} means nothing here.", here)
