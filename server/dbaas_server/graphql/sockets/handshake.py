"""How a request becomes a connection."""

from __future__ import annotations

from urllib.parse import parse_qs

from dbaas_provisioning.errors import DbaasError

from ...cors import check_origin
from ...http import Request, Response, Upgrade, WebSocket, error_response
from ...services import Services
from .connection import Connection, Credentials
from .messages import NO_PROTOCOL, PROTOCOL

__all__ = ["asks_socket", "open_socket"]

FRAMING_BYTES = 64 * 1024
"""What a message may have around a payload."""


def asks_socket(request: Request) -> bool:
    """Whether a request asks for a WebSocket."""
    return request.method == "GET" and request.header("upgrade").lower() == "websocket"


async def open_socket(request: Request, services: Services, database: str | None) -> Response:
    """Accept the socket; who it is shows in its first message. One of another sub-protocol is closed with 4406.

    Args:
        database: of the tenant's; None for all of them.
    """
    tenant = request.params["tenant"]
    try:
        await check_origin(request, services, tenant)
        plan = (await services.sessions.known(tenant)).plan
    except DbaasError as error:
        return error_response(error)
    key = parse_qs(request.query).get("apikey", [request.header("apikey")])[-1]
    credentials = Credentials(key, request.header("authorization"))

    async def serve(ws: WebSocket) -> None:
        connection = Connection(
            ws, services, tenant=tenant, database=database, credentials=credentials, plan=plan
        )  # fmt: skip
        await connection.serve()

    async def decline(ws: WebSocket) -> None:
        ws.close(NO_PROTOCOL, "Subprotocol not acceptable")

    offered = [one.strip() for one in request.header("sec-websocket-protocol").split(",")]
    if PROTOCOL not in offered:
        return Upgrade(serve=decline)
    return Upgrade(serve=serve, subprotocol=PROTOCOL, max_message=plan.realtime_payload_bytes + FRAMING_BYTES)
