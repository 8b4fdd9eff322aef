"""What MongoDB's clients are told: a number and a name that drivers and people act on.

Numbers and names: MongoDB's public list of error codes (``error_codes.yml`` of the server, 7.0).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

from dbaas_provisioning.errors import DbaasError

__all__ = ["Code", "DocumentError"]


class Code(IntEnum):
    """MongoDB's error numbers; the member's name is MongoDB's ``codeName``."""

    InternalError = 1
    BadValue = 2
    NoSuchKey = 4
    HostUnreachable = 6
    FailedToParse = 9
    Unauthorized = 13
    TypeMismatch = 14
    Overflow = 15
    InvalidLength = 16
    ProtocolError = 17
    AuthenticationFailed = 18
    IllegalOperation = 20
    InvalidBSON = 22
    CannotCreateIndex = 67
    NamespaceNotFound = 26
    IndexNotFound = 27
    PathNotViable = 28
    ConflictingUpdateOperators = 40
    CursorNotFound = 43
    NamespaceExists = 48
    MaxTimeMSExpired = 50
    DollarPrefixedFieldName = 52
    InvalidIdField = 53
    NotSingleValueField = 54
    EmptyFieldName = 56
    DottedFieldName = 57
    CommandNotFound = 59
    ShardKeyNotFound = 61
    ImmutableField = 66
    InvalidOptions = 72
    InvalidNamespace = 73
    IndexOptionsConflict = 85
    IndexKeySpecsConflict = 86
    CannotIndexParallelArrays = 171
    OperationFailed = 96
    WriteConflict = 112
    DocumentValidationFailure = 121
    IndexBuildAborted = 276
    CommandNotSupportedOnView = 166
    InvalidPipelineOperator = 168
    InvalidIndexSpecificationOption = 197
    NoSuchTransaction = 251
    AmbiguousIndexKeyPattern = 181
    CannotBuildIndexKeys = 201
    TransactionTooOld = 225
    QueryExceededMemoryLimitNoDiskUseAllowed = 292
    InterruptedAtShutdown = 11600
    Interrupted = 11601
    BSONObjectTooLarge = 10334
    DuplicateKey = 11000
    CommandFailed = 125
    NotImplemented = 238
    UserNotFound = 11
    UnknownError = 8
    ShutdownInProgress = 91
    QueryPlanKilled = 175
    StaleConfig = 13388
    NoQueryExecutionPlans = 291
    KeyPatternMismatch = 305
    ExceededMemoryLimit = 146
    ConversionFailure = 241
    CursorInUse = 12051
    OutOfDiskSpace = 14031
    UnknownReplWriteConcern = 79
    UnsatisfiableWriteConcern = 100
    CommandNotSupported = 115
    NotAReplicaSet = 123
    NoSuchSession = 206
    ExceededTimeLimit = 262
    OperationNotSupportedInTransaction = 263
    APIVersionError = 322
    APIStrictError = 323
    MechanismUnavailable = 334
    UnsupportedOpQueryCommand = 352
    NotARetryableWriteCommand = 50768


class DocumentError(DbaasError):
    """A command, or one write of several, is refused.

    Args:
        number: a :class:`Code`, or one of the numbers without a name that MongoDB gives for a place in its own source
            (such as 40324); such an error's name is ``Location40324``.
        labels: such as ``RetryableWriteError``.
        info: more fields of the error's document (``keyPattern``, ``keyValue``, ``errInfo``).
    """

    def __init__(
        self,
        number: int,
        message: str,
        *,
        hint: str | None = None,
        labels: Sequence[str] = (),
        info: Mapping[str, Any] | None = None,
    ) -> None:
        self.number = int(number)
        try:
            name = Code(number).name
        except ValueError:
            name = f"Location{int(number)}"
        super().__init__(name, message, hint=hint)
        self.labels = tuple(labels)
        self.info = dict(info or {})
