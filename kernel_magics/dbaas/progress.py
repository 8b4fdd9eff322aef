"""A progress bar over a stream, in plain text: a stored notebook keeps no dead widget."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator

from tqdm import tqdm

from .nouns import Step
from .render import bytes_of

__all__ = ["bytes_bar", "counted", "steps_line"]


def counted(chunks: Iterable[bytes], size: int | None, what: str, *, show: bool) -> Iterator[bytes]:
    """The chunks themselves, with a bar of the bytes that went by.

    Args:
        chunks: passed on.
        size: bytes in all; None when unknown.
        what: named beside the bar.
        show: without it nothing is drawn. A load of less than a second draws nothing either.
    """
    with bytes_bar(size, what, show=show) as passed:
        for chunk in chunks:
            yield chunk
            passed(len(chunk))


@contextlib.contextmanager
def bytes_bar(size: int | None, what: str, *, show: bool) -> Iterator[Callable[[int], object]]:
    """A bar that is told how many bytes went by; arguments as :func:`counted` has them."""
    with tqdm(
        total=size, desc=what, unit="B", unit_scale=True, unit_divisor=1024,
        delay=1, leave=False, file=sys.stdout, disable=not show, dynamic_ncols=True,
    ) as bar:  # fmt: skip
        yield bar.update


@contextlib.contextmanager
def steps_line(*, show: bool) -> Iterator[Callable[[Step], None]]:
    """A line that says what long work is doing, and is gone at its end."""
    with tqdm(leave=False, file=sys.stdout, disable=not show, bar_format="{desc} [{elapsed}]", desc="") as line:

        def say(step: Step) -> None:
            size = "" if step.size_bytes is None else f", {bytes_of(step.size_bytes)}"
            far = "" if step.tables is None else f": {step.tables[0]} of {step.tables[1]} tables{size}"
            line.set_description_str(f"{step.number}/{step.count} {step.doing}{far}")

        yield say
