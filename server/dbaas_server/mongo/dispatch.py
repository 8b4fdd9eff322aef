"""From a request to its answer's bytes: find the command, see that it may be run, run it, put what came of it."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from ..documents.codec import Document, Raw
from ..documents.collections.namespace import check_database_name
from ..documents.errors import Code, DocumentError
from ..documents.steps import TooLong
from .answers import error_answer, success
from .arguments import integer, unknown_field, wrong_type
from .client import Client
from .concerns import check_read_concern, write_concern_error
from .failpoints import FailedOnPurpose, HangUp
from .registry import COMMANDS, SERVERS_OWN, Call, Command, Needs
from .sessions import refuse_transaction, retry_of, session_key
from .wire import Request

if TYPE_CHECKING:
    from .server import MongoServer

__all__ = ["answer"]

_NO_DATABASE: Final = 40571
_LEGACY: Final = frozenset({"hello", "isMaster", "ismaster"})
_INT32_MAX: Final = 2**31 - 1


async def answer(server: MongoServer, client: Client, request: Request) -> Raw:
    """The bytes that a request is answered with, an error's among them.

    Raises:
        HangUp: the connection is to end without an answer.
        asyncio.CancelledError: the connection's own end, as against one operation's.
    """
    body = request.body
    name = next(iter(body), "")
    try:
        found = await _perform(server, client, request, name)
        return found if type(found) is bytes else success(found)  # type: ignore[arg-type]
    except HangUp:
        raise
    except Exception as error:
        labelled = isinstance(error, FailedOnPurpose) and error.is_labelled
        return error_answer(error, retryable_write="txnNumber" in body and not labelled)


async def _perform(server: MongoServer, client: Client, request: Request, name: str) -> Document | Raw:
    body = request.body
    command = _find(name, request)
    database = _database(body)
    complaint: Document | None = None
    if server.failpoints.active and name != "configureFailPoint":
        complaint = await server.failpoints.meet(name, client.application)
    _check_access(command, name, client, database)
    operation = server.operations.begin(client, name, database, body)
    try:
        call = Call(server, client, command, body, request.sequences, operation)
        complaint = _prepare(call) or complaint
        found = await _run(call)
    finally:
        server.operations.end(operation)
    return found if complaint is None else _with_write_concern_error(found, complaint)


def _find(name: str, request: Request) -> Command:
    command = COMMANDS.get(name)
    if request.is_legacy and name not in _LEGACY:
        raise DocumentError(
            Code.UnsupportedOpQueryCommand,
            f"Unsupported OP_QUERY command: {name}. The client driver may require an upgrade.",
        )
    if command is None:
        raise DocumentError(Code.CommandNotFound, f"no such command: '{name}'")
    return command


def _database(body: Document) -> str:
    database = body.get("$db")
    if type(database) is str:
        return database
    if database is None:
        raise DocumentError(_NO_DATABASE, "OP_MSG requests require a $db argument")
    raise wrong_type("$db", database, "string")


def _check_access(command: Command, name: str, client: Client, database: str) -> None:
    """Whether this client may send this command to this database; whose that is, the engine's door checks again."""
    needs = command.needs
    if needs is Needs.nothing:
        return
    account = client.account
    if account is None:
        raise DocumentError(Code.Unauthorized, f"Command {name} requires authentication")
    if needs is Needs.database:
        if account.database is None:
            check_database_name(database)
        if database in SERVERS_OWN or account.database not in (None, database):
            raise DocumentError(Code.Unauthorized, f"not authorized on {database} to execute command {name}")
    elif needs is Needs.admin and database != "admin":
        raise DocumentError(Code.Unauthorized, f"{name} may only be run against the admin database.")


def _prepare(call: Call) -> Document | None:
    """Look at what every command may have. Returns the complaint of a write that is wanted on more copies than one."""
    command, body = call.command, call.body
    if command.fields is not None and not body.keys() <= command.fields:
        raise unknown_field(command.name, next(field for field in body if field not in command.fields))
    lsid = body.get("lsid")
    if lsid is not None and call.client.account is not None:
        call.session = call.operation.session = session_key(call.client, lsid)
    if "txnNumber" in body or "startTransaction" in body or "autocommit" in body:
        refuse_transaction(body)
        if not command.retries:
            raise DocumentError(Code.NotARetryableWriteCommand, f"'{call.name}' is not a supported retryable write")
        call.retry = retry_of(body, call.session)
    if "apiVersion" in body or "apiStrict" in body:
        _check_api(command, body)
    if "maxTimeMS" in body:
        call.seconds = _seconds(body["maxTimeMS"])
        call.deadline = None if call.seconds is None else call.operation.began + call.seconds
    if "readConcern" in body:
        check_read_concern(body["readConcern"])
    return write_concern_error(body["writeConcern"]) if "writeConcern" in body and command.writes else None


def _seconds(limit: object) -> float | None:
    milliseconds = integer(limit)
    if milliseconds is None:
        raise wrong_type("maxTimeMS", limit, "number")
    if not 0 <= milliseconds <= _INT32_MAX:
        raise DocumentError(Code.BadValue, f"{milliseconds} value for maxTimeMS is out of range")
    return milliseconds / 1_000 if milliseconds else None


def _check_api(command: Command, body: Document) -> None:
    version = body.get("apiVersion")
    if version is None:
        raise DocumentError(Code.InvalidOptions, "Provided apiStrict without passing apiVersion")
    if version != "1":
        raise DocumentError(Code.APIVersionError, "API version must be '1'")
    if body.get("apiStrict") is True and not command.stable:
        raise DocumentError(
            Code.APIStrictError, f"Provided apiStrict:true, but the command {command.name} is not in API Version 1."
        )


async def _run(call: Call) -> Document | Raw:
    """Run the command until it ends, its time is over or somebody ends it."""
    operation = call.operation
    try:
        if call.seconds is None:
            return await call.command.handler(call)
        left = max(operation.began + call.seconds - time.monotonic(), 0)
        try:
            async with asyncio.timeout(left) as clock:
                return await call.command.handler(call)
        except TimeoutError:
            if not clock.expired():
                raise
            raise DocumentError(Code.MaxTimeMSExpired, "operation exceeded time limit") from None
    except TooLong:
        if call.deadline is not None and time.monotonic() > call.deadline:
            raise DocumentError(Code.MaxTimeMSExpired, "operation exceeded time limit") from None
        raise
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if operation.ended is None or task is None:
            raise
        task.uncancel()
        raise operation.ended from None


def _with_write_concern_error(found: Document | Raw, complaint: Document) -> Document | Raw:
    if isinstance(found, dict) and "writeConcernError" not in found:
        found["writeConcernError"] = complaint
        labels = complaint.pop("errorLabels", None)
        if labels:
            found["errorLabels"] = labels
    return found
