"""A kernel of a running Jupyter, asked the way its own pages ask: over HTTP and a WebSocket."""

from __future__ import annotations

import json
from uuid import uuid4

import httpx
from websockets.sync.client import ClientConnection, connect

__all__ = ["said_in_a_kernel"]

_SECONDS = 240.0


def said_in_a_kernel(url: str, headers: dict[str, str], *cells: str) -> str:
    """Start a kernel, run cells in it, end it; what they wrote and showed as text.

    Args:
        url: Jupyter's base URL, without a trailing slash.
        headers: who asks.
    """
    with httpx.Client(base_url=url, headers=headers, timeout=_SECONDS, trust_env=False) as jupyter:
        made = jupyter.post("/api/kernels", json={"name": "python3"})
        assert made.status_code == 201, made.text
        kernel = made.json()["id"]
        try:
            address = f"{url.replace('http', 'ws', 1)}/api/kernels/{kernel}/channels"
            with connect(address, additional_headers=headers, open_timeout=_SECONDS, proxy=None) as socket:
                return "".join(_said(socket, cell) for cell in cells)
        finally:
            jupyter.delete(f"/api/kernels/{kernel}")


def _said(socket: ClientConnection, code: str) -> str:
    asked = uuid4().hex
    content = {
        "code": code, "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False,
        "stop_on_error": False,
    }  # fmt: skip
    header = {
        "msg_id": asked, "msg_type": "execute_request", "username": "", "session": uuid4().hex, "date": "",
        "version": "5.3",
    }  # fmt: skip
    message = {"channel": "shell", "header": header, "parent_header": {}, "metadata": {}, "content": content}
    socket.send(json.dumps(message | {"buffers": []}))
    said: list[str] = []
    while True:
        heard = json.loads(socket.recv(_SECONDS))
        if heard["parent_header"].get("msg_id") != asked:
            continue
        kind, told = heard["msg_type"], heard["content"]
        if kind == "stream":
            said.append(told["text"])
        elif kind in ("execute_result", "display_data"):
            said.append(told["data"].get("text/plain", ""))
        elif kind == "error":
            said.append("\n".join(told["traceback"]))
        elif kind == "status" and told["execution_state"] == "idle":
            return "".join(said)
