"""From words to a tree, whatever the words are."""

from __future__ import annotations

from collections.abc import Sequence

from .lexer import Token
from .nodes import Call, Chain, Leaf, List, Maker, Member, Node, Object, Reading

__all__ = ["read"]

_DEEPEST = 100
_CLOSING = {"{": "}", "[": "]", "(": ")"}


def read(words: Sequence[Token]) -> Reading:
    """The tree of a text's words. Never fails."""
    return _Parser([word for word in words if word.kind != "comment"]).read()


class _Parser:
    def __init__(self, words: Sequence[Token]) -> None:
        self._words = words
        self._at = 0
        self._stack: list[Chain | Object | List] = []
        self._reading = Reading()
        self._has_ended = False

    def read(self) -> Reading:
        found = self._reading.statements
        while (word := self._peek()) is not None:
            if word.kind == "name" and word.text == "db":
                found.append(self._chain())
            elif word.is_mark(";"):
                self._at += 1
            elif word.kind == "name" and word.text == "show":
                found.append(self._show())
            else:
                found.append(self._value(0))
        return self._reading

    def _peek(self, ahead: int = 0) -> Token | None:
        if self._at + ahead < len(self._words):
            return self._words[self._at + ahead]
        if not ahead and not self._has_ended:
            self._has_ended = True
            self._reading.open = list(self._stack)
        return None

    def _take(self) -> Token:
        self._at += 1
        return self._words[self._at - 1]

    def _is_mark(self, *marks: str) -> bool:
        word = self._peek()
        return word is not None and word.is_mark(*marks)

    def _begins_statement(self, word: Token) -> bool:
        """``db.`` within brackets: the next statement, where one before it was not closed."""
        following = self._peek(1)
        return word.kind == "name" and word.text == "db" and following is not None and following.is_mark(".", "[")

    def _show(self) -> Leaf:
        word = self._take()
        what = self._peek()
        if what is None or what.kind != "name" or what.text == "db":
            return Leaf(word, word.start, word.end)
        return Leaf(word, word.start, self._take().end)

    # --- statements ---------------------------------------------------------------------------------------------------

    def _chain(self) -> Chain:
        word = self._take()
        chain = Chain(word.start, word.end)
        self._stack.append(chain)
        while self._is_mark(".", "["):
            mark = self._take()
            chain.awaits, chain.end = mark.text, mark.end
            name = self._peek()
            if name is None:
                break
            if mark.text == "[":
                self._bracketed(chain, name)
            elif name.kind == "name" and not (name.text == "db" and self._begins_statement(name)):
                chain.awaits, chain.end = "", name.end
                self._take()
                self._named(chain, name)
        self._stack.pop()
        return chain

    def _bracketed(self, chain: Chain, name: Token) -> None:
        if name.kind == "string":
            self._take()
            chain.path.append(name)
            chain.end = name.end
            chain.awaits = "" if not name.is_open else "["
            if self._is_mark("]"):
                chain.end, chain.awaits = self._take().end, ""
        elif name.is_mark("]"):
            chain.end, chain.awaits = self._take().end, ""

    def _named(self, chain: Chain, name: Token) -> None:
        if not self._is_mark("("):
            if chain.calls:
                chain.calls.append(Call(name, None))
            else:
                chain.path.append(name)
            return
        arguments = List(name.end, name.end)
        if name.text == "getCollection" and not chain.calls and not chain.path:
            self._arguments(arguments, 0, Call(name, arguments), chain)
            given = arguments.items[0] if arguments.items else None
            if isinstance(given, Leaf) and given.token.kind == "string":
                chain.path.append(given.token)
                chain.calls.clear()
        else:
            self._arguments(arguments, 0, Call(name, arguments), chain)
        chain.end = arguments.end

    def _arguments(self, arguments: List, depth: int, call: Call, chain: Chain) -> None:
        chain.calls.append(call)
        self._list(arguments, ")", depth)

    # --- values -------------------------------------------------------------------------------------------------------

    def _value(self, depth: int) -> Node:
        word = self._take()
        if depth < _DEEPEST:
            if word.is_mark("{"):
                return self._object(word, depth)
            if word.is_mark("[", "("):
                self._at -= 1
                found = List(word.start, word.end)
                self._list(found, _CLOSING[word.text], depth)
                return found
            if word.kind == "name" and word.text == "new" and (made := self._peek()) and made.kind == "name":
                word = self._take()
            if word.kind == "name":
                return self._word(word, depth)
        if word.is_mark("+", "-") and (number := self._peek()) is not None and number.kind in ("number", "name"):
            self._take()
            return Leaf(number, word.start, number.end)
        return Leaf(word, word.start, word.end)

    def _word(self, word: Token, depth: int) -> Node:
        """A literal's word, a variable, or what makes a value."""
        while self._is_mark(".") and (made := self._peek(1)) is not None and made.kind == "name":
            self._take()
            word = self._take()
        if not self._is_mark("("):
            return Leaf(word, word.start, word.end)
        arguments = List(word.end, word.end)
        self._list(arguments, ")", depth + 1)
        return Maker(word, arguments, word.start, arguments.end)

    def _object(self, opening: Token, depth: int) -> Object:
        found = Object(opening.start, opening.end)
        self._stack.append(found)
        while (word := self._peek()) is not None:
            if word.is_mark("}"):
                found.is_closed, found.end = True, self._take().end
                break
            if word.is_mark(")", "]", ";") or self._begins_statement(word):
                break
            found.end = word.end
            if word.is_mark(","):
                self._take()
                found.after_comma = True
            elif word.kind in ("name", "string", "number"):
                self._member(found, depth)
            else:
                self._take()
        self._stack.pop()
        return found

    def _member(self, found: Object, depth: int) -> None:
        token = self._take()
        key = token.word
        while self._is_mark(".") and (part := self._peek(1)) is not None and part.kind in ("name", "number"):
            self._take()
            key += f".{self._take().text}"  # a path that should be in quotes
        member = Member(key, token)
        found.members.append(member)
        found.after_comma = False
        if not self._is_mark(":"):
            return
        member.has_colon, found.end = True, self._take().end
        word = self._peek()
        if word is not None and not word.is_mark(",", "}", ")", "]", ";", ":") and not self._begins_statement(word):
            member.value = self._value(depth + 1)
            found.end = member.value.end

    def _list(self, found: List, closing: str, depth: int) -> None:
        """Items up to the closing mark; the opening one is the next word."""
        opening = self._take()
        found.start, found.end = opening.start, opening.end
        self._stack.append(found)
        while (word := self._peek()) is not None:
            if word.is_mark(closing):
                found.is_closed, found.end = True, self._take().end
                break
            if word.is_mark("}", ")", "]", ";") or self._begins_statement(word):
                break
            found.end = word.end
            if word.is_mark(","):
                self._take()
                found.after_comma = True
                found.commas += 1
            elif word.is_mark(":"):
                self._take()
            else:
                item = self._value(depth + 1)
                found.items.append(item)
                found.after_comma, found.end = False, item.end
        self._stack.pop()
