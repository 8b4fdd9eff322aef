"""Following an update's path through a document, copying what is about to change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from ..codec import MISSING, Document
from ..errors import Code, DocumentError
from ..steps import spend
from .change import UNCHANGED, Change, Place, identical

__all__ = ["Draft", "index_of"]

MAX_PADDING: Final = 1_500_000


def index_of(name: str) -> int | None:
    """The place in an array that a path's component names; None: it names a field."""
    if name.isascii() and name.isdigit() and (name[0] != "0" or name == "0") and len(name) < 11:
        return int(name)
    return None


class Draft:
    """A document under change.

    Args:
        document: left as it is.
        position: the element that the query matched, which ``$`` means.
        filters: the array filters by name, each a predicate of one element.

    Attributes:
        result: the document as it is now.
        has_changed: whether it differs.
    """

    def __init__(
        self, document: Document, position: Callable[[], int | None], filters: Mapping[str, Callable[[Any], bool]]
    ) -> None:
        self.result: Document = dict(document)
        self.has_changed = False
        self._position = position
        self._filters = filters
        self._own = {id(self.result)}
        self._touched: set[str] | None = None
        self._above: dict[str, str] = {}  # what paths that were changed begin with, and one that does
        self._id = document.get("_id", MISSING)

    def watch_conflicts(self) -> None:
        """Refuse from now on to change one place twice: elements that two paths reach."""
        self._touched = set()

    def change(self, names: tuple[str, ...], change: Change, *, creates: bool) -> None:
        """Change every place that a path names.

        Raises:
            DocumentError: ``PathNotViable``; ``BadValue`` where an array is wanted; what the change itself raises.
        """
        self._step(self.result, names, 0, "", change, creates)

    # --- one step -----------------------------------------------------------------------------------------------

    def _step(self, holder: Any, names: tuple[str, ...], at: int, path: str, change: Change, creates: bool) -> None:
        name = names[at]
        if name[0:1] == "$":
            if type(holder) is not list:
                if name == "$":
                    name = str(self._matched(names))
                else:
                    raise DocumentError(
                        Code.BadValue, f"Cannot apply array updates to non-array element {path}: {_show(holder)}"
                    )
            else:
                for place in self._places(holder, name, names):
                    self._into(holder, place, names, at, _join(path, str(place)), change, creates)
                return
        if type(holder) is list:
            index = index_of(name)
            if index is None:
                if creates:
                    raise DocumentError(
                        Code.PathNotViable,
                        f"Cannot create field '{name}' in element {{{path.rpartition('.')[2]}: {_show(holder)}}}",
                    )
                return
            self._into(holder, index, names, at, _join(path, name), change, creates)
            return
        self._into(holder, name, names, at, _join(path, name), change, creates)

    def _into(
        self, holder: Any, key: Any, names: tuple[str, ...], at: int, path: str, change: Change, creates: bool
    ) -> None:
        old = (holder[key] if key < len(holder) else MISSING) if type(holder) is list else holder.get(key, MISSING)
        spend()
        if at == len(names) - 1:
            self._touch(path)
            if old is not MISSING or creates:
                self._put(holder, key, old, change(old, Place(path, self._id)))
        elif type(old) is dict or type(old) is list:
            if id(old) not in self._own:
                old = dict(old) if type(old) is dict else list(old)
                self._own.add(id(old))
                holder[key] = old
            self._step(old, names, at + 1, path, change, creates)
        elif not creates:
            return
        elif old is MISSING:
            self._touch(path)
            new = change(MISSING, Place(".".join((path, *names[at + 1 :])), self._id))
            if new is UNCHANGED or new is MISSING:
                return
            for name in reversed(names[at + 1 :]):
                if name[:1] == "$":
                    if name == "$":
                        name = str(self._matched(names))
                    else:
                        raise DocumentError(
                            Code.BadValue,
                            f"The path '{path}' must exist in the document in order to apply array updates.",
                        )
                new = {name: new}
            self._put(holder, key, MISSING, new)
        else:
            raise DocumentError(
                Code.PathNotViable,
                f"Cannot create field '{names[at + 1]}' in element {{{path.rpartition('.')[2]}: {_show(old)}}}",
            )

    def _put(self, holder: Any, key: Any, old: Any, new: Any) -> None:
        if new is UNCHANGED or (new is MISSING and old is MISSING):
            return
        if new is MISSING:
            if type(holder) is list:
                if old is None:
                    return
                holder[key] = None  # the others keep their places
            else:
                del holder[key]
            self.has_changed = True
            return
        if old is not MISSING and identical(old, new):
            return
        self.has_changed = True
        if type(holder) is list and key >= len(holder):
            if key - len(holder) > MAX_PADDING:
                raise DocumentError(
                    Code.BadValue, f"can't backfill more than {MAX_PADDING} elements in an array to reach place {key}"
                )
            holder.extend([None] * (key - len(holder)))
            holder.append(new)
        else:
            holder[key] = new

    # --- arrays -------------------------------------------------------------------------------------------------

    def _places(self, array: list[Any], name: str, names: tuple[str, ...]) -> Iterator[int]:
        if name == "$":
            yield self._matched(names)
        elif name == "$[]":
            yield from range(len(array))
        else:
            holds = self._filters[name[2:-1]]
            yield from [place for place, item in enumerate(array) if holds(item)]

    def _matched(self, names: tuple[str, ...]) -> int:
        position = self._position()
        if position is None:
            raise DocumentError(Code.BadValue, "The positional operator did not find the match needed from the query.")
        return position

    def _touch(self, path: str) -> None:
        if self._touched is None:
            return
        beginnings = [path[:place] for place, letter in enumerate(path) if letter == "."]
        other = next((one for one in (path, *beginnings) if one in self._touched), self._above.get(path))
        if other is not None:
            raise DocumentError(
                Code.ConflictingUpdateOperators, f"Updating the path '{path}' would create a conflict at '{other}'"
            )
        self._touched.add(path)
        for beginning in beginnings:
            self._above[beginning] = path


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _show(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 120 else shown[:117] + "..."
