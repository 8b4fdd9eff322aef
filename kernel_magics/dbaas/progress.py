"""A progress bar over a stream, in plain text: a stored notebook keeps no dead widget."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from tqdm import tqdm

__all__ = ["counted"]


def counted(chunks: Iterable[bytes], size: int | None, what: str, *, show: bool) -> Iterator[bytes]:
    """The chunks themselves, with a bar of the bytes that went by.

    Args:
        chunks: passed on.
        size: bytes in all; None when unknown.
        what: named beside the bar.
        show: without it nothing is drawn. A load of less than a second draws nothing either.
    """
    with tqdm(
        total=size, desc=what, unit="B", unit_scale=True, unit_divisor=1024,
        delay=1, leave=False, file=sys.stdout, disable=not show, dynamic_ncols=True,
    ) as bar:  # fmt: skip
        for chunk in chunks:
            yield chunk
            bar.update(len(chunk))
