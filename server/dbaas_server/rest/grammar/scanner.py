"""What all parsers share: a place in a text, names, JSON paths, and where values go."""

from __future__ import annotations

import re

from dbaas_provisioning.errors import Invalid

from ...nouns import Arg, ArgValue, JsonStep, Path

__all__ = ["MAX_JSON_STEPS", "MAX_LOGIC_DEPTH", "Arguments", "Scanner", "unquote"]

MAX_LOGIC_DEPTH = 32
MAX_JSON_STEPS = 32
_MAX_INDEX = 2**31 - 1

# An unquoted name: letters, digits, `_`, `$`, blanks, and a dash that does not open a JSON arrow.
_NAME = re.compile(r"(?:[\w $]|-(?!>))+")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_INDEX = re.compile(r"-?[0-9]+(?=->|::|[.,()]|$)")
_CAST = re.compile(r"[A-Za-z_][A-Za-z0-9_ ]*(?:\[\])?")


def unquote(inner: str) -> str:
    """The text between double quotes: a backslash stands for the character after it."""
    return _ESCAPE.sub(r"\1", inner) if "\\" in inner else inner


class Arguments:
    """The values of a request, in the order in which the grammar met them."""

    __slots__ = ("values",)

    def __init__(self) -> None:
        self.values: list[ArgValue] = []

    def add(self, value: ArgValue) -> Arg:
        """Keep a value; what stays in the shape is its index."""
        self.values.append(value)
        return Arg(len(self.values) - 1)


class Scanner:
    """A place in a parameter's text.

    Args:
        text: percent-decoded.
        what: the parameter's name, for messages.
    """

    __slots__ = ("at", "text", "what")

    def __init__(self, text: str, what: str) -> None:
        self.text = text
        self.what = what
        self.at = 0

    @property
    def done(self) -> bool:
        """Nothing is left."""
        return self.at >= len(self.text)

    def error(self, expected: str) -> Invalid:
        """``PGRST100`` for the character at the current place, to be raised."""
        found = f'"{self.text[self.at]}"' if not self.done else "end of input"
        shown = self.text if len(self.text) <= 200 else self.text[:200] + "…"
        return Invalid(
            "PGRST100",
            f'"failed to parse {self.what} parameter ({shown})" (line 1, column {self.at + 1})',
            details=f"unexpected {found} expecting {expected}",
        )

    def peek(self, token: str) -> bool:
        """Whether ``token`` comes next."""
        return self.text.startswith(token, self.at)

    def take(self, token: str) -> bool:
        """Step over ``token`` if it comes next."""
        if self.text.startswith(token, self.at):
            self.at += len(token)
            return True
        return False

    def expect(self, token: str) -> None:
        """Step over ``token``, which must come next."""
        if not self.take(token):
            raise self.error(f'"{token}"')

    def blanks(self) -> None:
        """Step over blanks."""
        while not self.done and self.text[self.at] == " ":
            self.at += 1

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Step over ``pattern`` if it matches here."""
        found = pattern.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
        return found

    def end(self) -> None:
        """Nothing may be left."""
        if not self.done:
            raise self.error("end of input")

    def quoted(self) -> str | None:
        """A double-quoted text, if one comes next."""
        found = self.match(_QUOTED)
        return None if found is None else unquote(found.group(1))

    def name(self) -> str:
        """The name of a column, relation or alias."""
        quoted = self.quoted()
        if quoted is not None:
            if not quoted:
                raise self.error("a name between the quotes")
            return quoted
        start = self.at
        found = self.match(_NAME)
        name = found.group().strip(" ") if found is not None else ""
        if not name:
            self.at = start
            raise self.error("a field name")
        return name

    def path(self) -> Path:
        """A column and the JSON steps after it."""
        return Path(self.name(), self.steps())

    def steps(self) -> tuple[JsonStep, ...]:
        """``->key``, ``->>key``, ``->0``; none at all is fine."""
        steps: list[JsonStep] = []
        while self.take("->"):
            as_text = self.take(">")
            if len(steps) == MAX_JSON_STEPS:
                raise self.error(f"at most {MAX_JSON_STEPS} steps into a JSON value")
            index = _INDEX.match(self.text, self.at)
            if index is None:
                steps.append(JsonStep(self.name(), as_text))
                continue
            if len(index.group()) > 11 or abs(int(index.group())) > _MAX_INDEX:
                raise self.error("an array index of 32 bits")
            self.at = index.end()
            steps.append(JsonStep(int(index.group()), as_text))
        return tuple(steps)

    def cast(self) -> str | None:
        """``::type``, if one comes next."""
        if not self.take("::"):
            return None
        found = self.match(_CAST)
        if found is None:
            raise self.error("the name of a type")
        return found.group().rstrip(" ")
