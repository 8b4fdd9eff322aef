"""Shows a result: a static page that any viewer renders, and under it buttons where somebody can press them.

A kernel cannot know what its front end can show, so it sends all of it, and each front end takes what it knows best:

- JupyterLab with our extension shows a grid that pages by itself. The buttons are an output of their own that is marked
  (``application/vnd.dbaas.pager+json``), and the extension shows nothing for it.
- VS Code, and JupyterLab without the extension, show the page and the buttons.
- nbconvert, papermill, GitHub and other readers of files show the page. Under papermill and nbclient nobody can press,
  and no buttons are made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.getipython import get_ipython
from IPython.display import display

from .errors import DbaasError
from .results import PAGE_ROWS

if TYPE_CHECKING:
    from .results import Result

__all__ = ["PAGER", "interactive", "show"]

PAGER = "application/vnd.dbaas.pager+json"


def show(result: Result) -> None:
    """Display the first page; with a person at a front end also next and previous."""
    handle = display(_bundle(result, 0), raw=True, display_id=True)  # type: ignore[no-untyped-call]
    if handle is not None and interactive() and not (result.complete and len(result.rows) <= PAGE_ROWS):
        _buttons(result, handle)


def interactive() -> bool:
    """Whether somebody sits at a front end that shows widgets: not in a terminal, not under papermill."""
    shell = get_ipython()
    kernel = getattr(shell, "kernel", None)
    if kernel is None or not getattr(kernel, "_allow_stdin", False):
        return False
    try:
        import ipywidgets  # noqa: F401
    except ImportError:
        return False
    return True


def _bundle(result: Result, offset: int) -> dict[str, Any]:
    shown = result.bundle(offset)
    if result.columns and getattr(get_ipython(), "kernel", None) is None:
        # A terminal shows the text behind its prompt; a table begins on a line of its own.
        shown["text/plain"] = "\n" + shown["text/plain"]
    return shown


def _buttons(result: Result, handle: Any) -> None:
    from ipywidgets import Button, HBox, Label, Layout

    layout = Layout(width="auto")
    previous = Button(description="‹ Previous", disabled=True, layout=layout)
    following = Button(description="Next ›", layout=layout)
    said = Label("")
    at = 0

    def turn(step: int) -> None:
        nonlocal at
        try:
            rows = result.page(at + step)
        except DbaasError as error:
            said.value = str(error)
            return
        if rows:
            at += step
            handle.update(_bundle(result, at), raw=True)
        previous.disabled = at == 0
        following.disabled = result.complete and at + PAGE_ROWS >= len(result.rows)

    previous.on_click(lambda _: turn(-PAGE_ROWS))
    following.on_click(lambda _: turn(PAGE_ROWS))
    buttons = HBox([previous, following, said])
    display({**buttons._repr_mimebundle_(), PAGER: {}}, raw=True)  # type: ignore[no-untyped-call]
