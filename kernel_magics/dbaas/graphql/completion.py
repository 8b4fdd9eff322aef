"""What may stand at the cursor of a GraphQL document. Pure; reads whatever is there, finished or not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .introspection import Field, Schema

__all__ = ["complete"]

# GraphQL specification, section 2.1. A string that is not closed reaches to the end.
_TOKEN = re.compile(
    r'(?P<skip>[\s,\ufeff]+|\#[^\n\r]*)|(?P<string>"""(?:\\"""|.)*?(?:"""|\Z)|"(?:\\.|[^"\\\n\r])*(?:"|$))'
    r"|(?P<spread>\.\.\.)|(?P<name>[A-Za-z_]\w*)|(?P<number>-?\d[\w.+-]*)|(?P<mark>.)",
    re.DOTALL | re.MULTILINE | re.ASCII,
)
_WORD = re.compile(r"\$?(?:[A-Za-z_]\w*)?\Z", re.ASCII)
_DECLARED = re.compile(r"\$([A-Za-z_]\w*)\s*:", re.ASCII)
_FRAGMENT = re.compile(r"\bfragment\s+([A-Za-z_]\w*)\s+on\b", re.ASCII)
_OPERATIONS = ("query", "mutation", "subscription")
_DIRECTIVES = {"include": {"if": "Boolean"}, "skip": {"if": "Boolean"}}
_COMPOSITE = ("OBJECT", "INTERFACE", "UNION")

Words = Iterable[tuple[str, str]]


def complete(schema: Schema, document: str, before: str) -> tuple[str, Words]:
    """The word being written at the end of ``before``, and what it may become: words with their kinds."""
    fragment = _WORD.search(before)
    word = fragment.group() if fragment else ""
    reader = _Reader(schema)
    front = before[: len(before) - len(word)]
    for match in _TOKEN.finditer(front):
        if match.lastgroup != "skip":
            reader.take(str(match.lastgroup), match.group())
        elif match.group().startswith("#") and match.end() == len(front):
            return word, []
    if reader.in_text:
        return word, []
    if word.startswith("$"):
        return word, [(f"${name}", "variable") for name in dict.fromkeys(_DECLARED.findall(document))]
    return word, reader.candidates(document)


@dataclass(slots=True)
class _Frame:
    """A pair of brackets that is open.

    Attributes:
        kind: ``selection``, ``inputs`` (arguments, an input object), ``list`` or ``declarations``.
        type: what is selected from, or what each value of a list is.
        inputs: what may be given here, name → type.
        found: the field or input that was named last.
        value: the type of the value that has to come next.
        spread: behind ``...``; then the type behind ``... on``.
        directive: behind ``@``; then its name.
    """

    kind: str
    type: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    found: str | None = None
    value: str | None = None
    spread: str | None = None
    directive: str | None = None


class _Reader:
    """Follows the brackets of a document."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._open: list[_Frame] = []
        self._top = _Frame("document")
        self._heading: list[str] = []  # the names since the last definition ended
        self.in_text = False

    @property
    def _frame(self) -> _Frame:
        return self._open[-1] if self._open else self._top

    def take(self, kind: str, text: str) -> None:
        """The next token."""
        frame = self._frame
        self.in_text = kind == "string" and not _closed(text)
        if text in ("{", "(", "["):
            self._enter(text)
        elif text in ("}", ")", "]"):
            if self._open:
                self._open.pop()
            if not self._open:
                self._heading = self._heading if text == ")" else []
            self._frame.value = None
        elif text == "@":
            frame.directive = ""
        elif frame.kind == "selection":
            self._select(kind, text)
        elif frame.kind == "document":
            if kind == "name":
                self._heading.append(text)
        else:
            self._give(kind, text)

    def _select(self, kind: str, text: str) -> None:
        frame = self._frame
        if kind == "spread":
            frame.spread, frame.found, frame.directive = "...", None, None
        elif text == ":":  # what came before was an alias
            frame.found = None
        elif kind == "name" and frame.directive == "":
            frame.directive = text
        elif kind == "name" and frame.spread == "...":
            frame.spread = "on" if text == "on" else None
        elif kind == "name" and frame.spread == "on":
            frame.spread = text
        elif kind == "name":
            frame.found, frame.spread, frame.directive = text, None, None

    def _give(self, kind: str, text: str) -> None:
        frame = self._frame
        if text == ":":
            frame.value = frame.inputs.get(frame.found or "", "") if frame.kind == "inputs" else "type"
        elif text == "=":
            frame.value = ""
        elif text in ("$", "!"):
            return
        elif frame.value is not None:
            frame.value = None
        elif kind == "name":
            frame.found = text

    def _enter(self, bracket: str) -> None:
        frame, types = self._frame, self._schema.types
        value = frame.type if frame.kind == "list" else frame.value or ""
        if bracket == "[":
            self._open.append(_Frame("list", type="type" if frame.kind == "declarations" else value))
        elif bracket == "(":
            if frame.kind == "document":
                self._open.append(_Frame("declarations"))
            elif frame.directive is not None:
                self._open.append(_Frame("inputs", inputs=_DIRECTIVES.get(frame.directive, {})))
            else:
                found = self._field()
                self._open.append(_Frame("inputs", inputs=found.args if found else {}))
        elif frame.kind == "document":
            self._open.append(_Frame("selection", type=self._root()))
        elif frame.kind == "selection":
            found = self._field()
            inner = frame.type if frame.spread == "..." else frame.spread or (found.type if found else "")
            frame.found = frame.spread = frame.directive = None
            self._open.append(_Frame("selection", type=inner))
        else:
            given = types.get(value)
            self._open.append(_Frame("inputs", inputs=given.inputs if given else {}))

    def _root(self) -> str:
        head = self._heading
        if head[:1] == ["fragment"]:
            return head[3] if len(head) > 3 else ""
        return self._schema.roots.get(head[0] if head else "query", "")

    def _field(self) -> Field | None:
        frame = self._frame
        owner = self._schema.types.get(frame.type)
        return owner.fields.get(frame.found or "") if owner else None

    # --- what may come ------------------------------------------------------------------------------------------

    def candidates(self, document: str) -> list[tuple[str, str]]:
        """Words that may stand here, with their kinds."""
        frame = self._frame
        if frame.directive == "":
            return [(name, "keyword") for name in _DIRECTIVES]
        if frame.kind == "document":
            return self._definitions()
        if frame.kind == "selection":
            return self._selectable(document)
        if frame.kind == "list":
            return self._values(frame.type)
        if frame.value is not None:
            return self._values(frame.value)
        return [(name, "param") for name in frame.inputs]

    def _definitions(self) -> list[tuple[str, str]]:
        if not self._heading:
            return [(word, "keyword") for word in (*_OPERATIONS, "fragment")]
        if self._heading[0] == "fragment" and self._heading[2:] == ["on"]:
            return self._composites()
        return [("on", "keyword")] if self._heading[0] == "fragment" and len(self._heading) == 2 else []

    def _selectable(self, document: str) -> list[tuple[str, str]]:
        frame = self._frame
        if frame.spread == "...":
            named = dict.fromkeys(_FRAGMENT.findall(document))
            return [*((name, "function") for name in named), ("on", "keyword")]
        if frame.spread == "on":
            return self._composites()
        owner = self._schema.types.get(frame.type)
        names = [*owner.fields, "__typename"] if owner else []
        return [(name, "property") for name in names]

    def _values(self, name: str) -> list[tuple[str, str]]:
        if name == "type":
            return [(each, "class") for each in self._schema.named("SCALAR", "ENUM", "INPUT_OBJECT")]
        if name == "Boolean":
            return [("true", "value"), ("false", "value")]
        found = self._schema.types.get(name)
        return [(value, "value") for value in found.values] if found else []

    def _composites(self) -> list[tuple[str, str]]:
        return [(name, "class") for name in self._schema.named(*_COMPOSITE)]


def _closed(text: str) -> bool:
    if text.startswith('"""'):
        return len(text) >= 6 and text.endswith('"""')
    return len(text) >= 2 and text.endswith('"')
