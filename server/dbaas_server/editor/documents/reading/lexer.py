"""The words of any text, comments among them; nothing of it is left out but white space."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dbaas_shell.literals import text_of
from dbaas_shell.scanner import Token as ShellToken

__all__ = ["Token", "tokens"]

_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<comment>//[^\n]*|/\*.*?(?:\*/|\Z))
    | (?P<name>[^\W\d][\w$]*|\$[\w$]*)
    | (?P<number>0[xX][\da-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<string>"(?:[^"\\\n]|\\.)*(?:"|(?=\n)|\\?\Z)|'(?:[^'\\\n]|\\.)*(?:'|(?=\n)|\\?\Z)|`(?:[^`\\]|\\.)*(?:`|\\?\Z))
    | (?P<slash>/)
    | (?P<mark>\.\.\.|[{}\[\]().,:;+-])
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_REGEX = re.compile(r"/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Token:
    """``kind``: ``name number string regex mark comment other``; ``start`` and ``end`` are code points."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def is_open(self) -> bool:
        """A string or a comment that is not closed."""
        if self.kind == "string":
            return len(self.text) < 2 or self.text[-1] != self.text[0] or _is_escaped(self.text)
        return (
            self.kind == "comment"
            and self.text.startswith("/*")
            and not (self.text.endswith("*/") and len(self.text) >= 4)
        )

    @property
    def word(self) -> str:
        """What it says: a string without its quotes."""
        if self.kind != "string":
            return self.text
        closed = self.text + ("" if not self.is_open else self.text[0])
        return text_of(ShellToken("string", closed, self.start))

    def is_mark(self, *marks: str) -> bool:
        """Whether it is one of these."""
        return self.kind == "mark" and self.text in marks


def tokens(text: str) -> Iterator[Token]:
    """All of them, in order."""
    at = lost = 0  # up to lost, a slash begins nothing: one before it on its line had no end there
    while match := _TOKEN.match(text, at):
        kind = str(match.lastgroup)
        if kind == "slash":
            regex = _REGEX.match(text, at) if at >= lost else None
            if regex is None:
                end = text.find("\n", at)
                lost = len(text) if end < 0 else end
                kind = "other"
            else:
                match, kind = regex, "regex"
        at = match.end()
        if kind != "space":
            yield Token(kind, match.group(), match.start(), at)


def _is_escaped(text: str) -> bool:
    """Whether the last character is a quote that a backslash is before."""
    before = text[:-1]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1
