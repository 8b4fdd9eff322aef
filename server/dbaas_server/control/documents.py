"""``/v1/{tenant}/graphql/documents``: GraphQL documents that a tenant keeps, by the SHA-256 of their text."""

from __future__ import annotations

from dbaas_provisioning.errors import NotFound
from dbaas_provisioning.nouns import Right, StoredDocument

from ..body import body_fields, required
from ..http import Request, Response, json_response
from ..services import Services

__all__ = ["delete", "list_all", "put", "read"]


async def list_all(request: Request, services: Services) -> Response:
    """Every stored document, oldest first."""
    await services.auth.member(request, request.params["tenant"], Right.view)
    return json_response([_shown(found) for found in await services.platform.documents(request.params["tenant"])])


async def read(request: Request, services: Services) -> Response:
    """One stored document. Raises ``NotFound`` (``document_not_found``)."""
    await services.auth.member(request, request.params["tenant"], Right.view)
    found = await services.platform.document(request.params["tenant"], request.params["sha256"])
    if found is None:
        raise NotFound("document_not_found", "There is no such document.")
    return json_response(_shown(found))


async def put(request: Request, services: Services) -> Response:
    """Store a document, so that keys that are kept to stored documents may run it."""
    actor = await services.auth.member(request, request.params["tenant"], Right.own)
    fields = await body_fields(request, {"query": str})
    await services.platform.put_document(
        request.params["tenant"], request.params["sha256"], required(fields, "query"), actor=actor
    )
    return Response(204)


async def delete(request: Request, services: Services) -> Response:
    """Remove a document, in every process at once."""
    actor = await services.auth.member(request, request.params["tenant"], Right.own)
    await services.platform.delete_document(request.params["tenant"], request.params["sha256"], actor=actor)
    return Response(204)


def _shown(found: StoredDocument) -> dict[str, object]:
    return {"sha256": found.sha256, "query": found.document, "created_at": found.created_at}
