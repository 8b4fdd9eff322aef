"""The words of a text, and where an error is in it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import ShellError

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
        return "the end of the text"
    text = token.text if len(token.text) <= _LONGEST_EXCERPT else f"{token.text[:_LONGEST_EXCERPT]}…"
    return f"“{text}”"


class Scanner:
    """Looks one token ahead."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._next: Token | None = None

    @property
    def at(self) -> int:
        """Where the last token that was taken ends."""
        return self._at

    def peek(self) -> Token:
        """The next token, which stays the next. Raises ``ShellError``."""
        if self._next is None:
            self._next = self._scan()
        return self._next

    def take(self) -> Token:
        """The next token. Raises ``ShellError``."""
        token = self.peek()
        self._next = None
        self._at = token.at + len(token.text)
        return token

    def take_mark(self, *marks: str) -> Token | None:
        """The next token if it is one of these marks."""
        token = self.peek()
        return self.take() if token.kind == "mark" and token.text in marks else None

    def expect(self, mark: str, instead: str = "") -> Token:
        """That mark. Raises ``ShellError`` (``instead`` says what was wanted)."""
        token = self.take_mark(mark)
        if token is None:
            raise self.error(f"Here {instead or f'“{mark}”'} is expected, not {describe(self.peek())}.")
        return token

    def error(
        self, message: str, token: Token | None = None, *, hint: str | None = None, instead: str | None = None
    ) -> ShellError:
        """What is wrong and where: at ``token``, else at the next one."""
        token = token or self._next or Token("", "", self._at)
        before = self._text[: token.at]
        return ShellError(
            message,
            hint=hint,
            instead=instead,
            at=token.at,
            end=token.at + len(token.text),
            line=before.count("\n") + 1,
            column=token.at - (before.rfind("\n") + 1) + 1,
        )

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
