"""``/v1/{tenant}/members`` and invitations: who may do what with a tenant."""

from __future__ import annotations

from uuid import UUID

from dbaas_provisioning.errors import Forbidden, Invalid, NotFound
from dbaas_provisioning.nouns import Right

from ..body import body_fields, required
from ..http import Request, Response, json_response
from ..services import Services
from .render import invitation_json, member_json

__all__ = ["invitations", "invite", "list_all", "put", "redeem", "remove", "right_named", "withdraw"]

_NO_STORE = [("Cache-Control", "no-store")]


async def list_all(request: Request, services: Services) -> Response:
    """A tenant's members, in the order in which they came."""
    tenant = request.params["tenant"]
    await services.auth.member(request, tenant, Right.view)
    return json_response([member_json(each) for each in await services.platform.members.members(tenant)])


async def put(request: Request, services: Services) -> Response:
    """Make somebody a member, or give a member another right. 409 ``last_administrator``."""
    tenant = request.params["tenant"]
    asker = await services.auth.asker(request)
    asker.require(tenant, Right.administer)
    fields = await body_fields(request, {"right": str})
    member = await services.platform.members.put(
        tenant,
        request.params["person"],
        right_named(required(fields, "right")),
        actor=asker.actor,
        as_operator=asker.standing.operator,
    )
    return json_response(member_json(member))


async def remove(request: Request, services: Services) -> Response:
    """Take every right from a member. Anybody may leave. 409 ``last_administrator``."""
    tenant, person = request.params["tenant"], request.params["person"]
    asker = await services.auth.asker(request)
    asker.require(tenant, Right.view if person == asker.person else Right.administer)
    await services.platform.members.remove(tenant, person, actor=asker.actor, as_operator=asker.standing.operator)
    return Response(204)


async def invitations(request: Request, services: Services) -> Response:
    """Those that nobody redeemed yet, without their tokens."""
    tenant = request.params["tenant"]
    await services.auth.member(request, tenant, Right.administer)
    return json_response([invitation_json(each) for each in await services.platform.members.invitations(tenant)])


async def invite(request: Request, services: Services) -> Response:
    """Make an invitation, for who is not known yet; its token is shown in this answer and never again."""
    tenant = request.params["tenant"]
    actor = await services.auth.member(request, tenant, Right.administer)
    fields = await body_fields(request, {"name": str, "right": str})
    made, token = await services.platform.members.invite(
        tenant, required(fields, "name"), right_named(required(fields, "right")), actor=actor
    )
    return json_response({**invitation_json(made), "token": token}, 201, _NO_STORE)


async def withdraw(request: Request, services: Services) -> Response:
    """End an invitation."""
    tenant = request.params["tenant"]
    actor = await services.auth.member(request, tenant, Right.administer)
    try:
        invitation = UUID(request.params["invitation"])
    except ValueError:
        raise NotFound("invitation_not_found", "There is no such invitation.") from None
    await services.platform.members.withdraw(tenant, invitation, actor=actor)
    return Response(204)


async def redeem(request: Request, services: Services) -> Response:
    """Become a member by an invitation. 404 ``invitation_not_found``."""
    asker = await services.auth.asker(request)
    asker.require_unbound()
    if asker.person is None:
        raise Forbidden("person_needed", "A key cannot become a member.", hint="Sign in as a person.")
    fields = await body_fields(request, {"token": str})
    tenant, member = await services.platform.members.redeem(required(fields, "token"), person=asker.person)
    return json_response({"tenant": tenant, **member_json(member)})


def right_named(text: str) -> Right:
    """A right by its name. Raises ``Invalid`` (``invalid_field``)."""
    try:
        return Right(text)
    except ValueError:
        raise Invalid("invalid_field", f"A right is one of {', '.join(Right)}.") from None
