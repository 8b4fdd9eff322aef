"""Notebooks for tests: a shell in this process, and kernels of their own."""

from __future__ import annotations

import queue
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from jupyter_client.manager import KernelManager

__all__ = ["Kernel", "Seen", "Shell"]


@dataclass
class Shell:
    """A shell in this process, with the extension loaded."""

    ip: InteractiveShell
    shown: str = ""
    html: str = ""

    def run(self, code: str) -> Any:
        """The cell's value; what it shows is in ``shown`` and ``html``. An error is raised."""
        with capture_output() as captured:
            result = self.ip.run_cell(code, store_history=True)
        outputs = [output.data for output in captured.outputs]
        texts = [data.get("text/plain", "") for data in outputs]
        self.shown = captured.stdout + captured.stderr + "".join(texts)
        self.html = "".join(data.get("text/html", "") for data in outputs)
        if result.result is not None and hasattr(result.result, "_repr_html_"):
            self.html += result.result._repr_html_()
            self.shown += repr(result.result)
        result.raise_error()
        return result.result


@dataclass
class Seen:
    """What running a cell sent to the front end."""

    messages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def errors(self) -> list[dict[str, Any]]:
        return [m["content"] for m in self.messages if m["msg_type"] == "error"]

    def bundles(self) -> list[dict[str, Any]]:
        kinds = ("display_data", "execute_result", "update_display_data")
        return [m["content"]["data"] for m in self.messages if m["msg_type"] in kinds]

    @property
    def text(self) -> str:
        streams = [m["content"]["text"] for m in self.messages if m["msg_type"] == "stream"]
        return "".join(streams) + "".join(bundle.get("text/plain", "") for bundle in self.bundles())


class Kernel:
    """A real kernel, spoken to as a front end does."""

    def __init__(self, env: dict[str, str], folder: Path) -> None:
        self._manager = KernelManager(kernel_name="python3")
        self._manager.start_kernel(env=env, cwd=str(folder))
        self._client = self._manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=90)

    def send(self, code: str, *, allow_stdin: bool = False, cell_id: str | None = None) -> str:
        """Start a cell, perhaps one that has an id in its notebook; returns the message's id."""
        if cell_id is None:
            return str(self._client.execute(code, allow_stdin=allow_stdin))
        content = {
            "code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": allow_stdin,
            "stop_on_error": True,
        }  # fmt: skip
        message = self._client.session.msg("execute_request", content, metadata={"cellId": cell_id})
        self._client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def collect(self, message_id: str, *, seconds: float = 90) -> Seen:
        """What the cell sends until it is done."""
        seen = Seen()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                message = self._client.get_iopub_msg(timeout=1)
            except queue.Empty:
                continue
            if message["parent_header"].get("msg_id") != message_id:
                continue
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return seen
            seen.messages.append(message)
        raise AssertionError(f"the cell did not end; it sent {seen.text}")

    def run(self, code: str, *, allow_stdin: bool = False) -> Seen:
        """Run a cell."""
        return self.collect(self.send(code, allow_stdin=allow_stdin))

    def value(self, expression: str) -> str:
        """The repr of an expression."""
        seen = self.run(f"print(repr({expression}))")
        assert not seen.errors, seen.errors
        return seen.text.strip()

    def complete(self, code: str) -> list[str]:
        """What Tab offers at the end of ``code``, as whole words."""
        message_id = self._client.complete(code, len(code))
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            reply = self._client.get_shell_msg(timeout=60)
            if reply["parent_header"].get("msg_id") == message_id:
                return list(reply["content"]["matches"])
        raise AssertionError("no completion came")

    def interrupt(self) -> None:
        """The Stop button."""
        self._manager.interrupt_kernel()

    def close(self) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)
