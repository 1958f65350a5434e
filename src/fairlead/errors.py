"""Every error a caller can see: HTTP status, exception type, message.

One tree, one renderer. Rules raise these; only the waist turns them into bytes. Source of types and
texts: the vendor's error-handling page and recorded answers.

    ApiError
    ├── NotFound · WrongVerb · RateLimited · QueueFull · Unauthorised · Forbidden
    ├── KeyReused · KeyInUse · InvalidKey · InvalidHeader
    ├── NoHttp · HeadTooLarge the connection ends with them
    ├── BadRequest            the body is not what the operation takes (400)
    ├── MandatoryMissing      a mandatory attribute is absent (400)
    └── DomainError           a rule refused the call (500 with an MX type, as the vendor does)
"""

from __future__ import annotations


class ApiError(Exception):
    """An answer other than success.

    `status` is the HTTP status, `type` the ExceptionType, `message` the ExceptionMessage.
    """

    status = 500
    type = "UnexpectedException"

    def __init__(self, message: str, *, type: str | None = None, status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        if type is not None:
            self.type = type
        if status is not None:
            self.status = status

    @property
    def is_mx(self) -> bool:
        """True when the error is the caller's and final; False when a repeat may help."""
        return self.type.startswith("MX")

    def body(self) -> dict[str, object]:
        """The error envelope, members in the vendor's order."""
        return {
            "Status": "Error",
            "ExceptionType": self.type,
            "ExceptionMessage": self.message,
            "IsMXException": self.is_mx,
        }


class NotFound(ApiError):
    """No operation at this path."""

    status = 404
    type = "ApiNotFoundException"

    def __init__(self) -> None:
        super().__init__("The API could not be found. Please check the API signature.")


class WrongVerb(ApiError):
    """The path exists, the verb does not."""

    status = 405
    type = "MethodNotAllowedException"

    def __init__(self, verb: str, allowed: str) -> None:
        super().__init__(f"The API does not support the {verb} method.")
        self.allowed = allowed


class Unauthorised(ApiError):
    """No key, unknown key, wrong secret, disabled key or user."""

    status = 401
    type = "MXInvalidAccessDetailsException"

    def __init__(self) -> None:
        super().__init__("Invalid Access Details provided.")


class Forbidden(ApiError):
    """A good key without the permission."""

    status = 403
    type = "MXUnAuthorizedAccessException"

    def __init__(self) -> None:
        super().__init__("You do not have permission to perform this action.")


class RateLimited(ApiError):
    """Over the limit; `retry_after` is in whole seconds, at least 1."""

    status = 429
    type = "MXAPIRateLimitExceededException"

    def __init__(self, calls: int, seconds: int, retry_after: int) -> None:
        super().__init__(f"API calls exceeded the limit of {calls} in {seconds} second(s)")
        self.retry_after = max(1, retry_after)


class QueueFull(ApiError):
    """The organisation's queue of asynchronous requests is full; nothing was accepted."""

    status = 429
    type = "MXAPIRateLimitExceededException"

    def __init__(self, limit: int, retry_after: int) -> None:
        super().__init__(f"The queue is full: {limit} requests are waiting")
        self.retry_after = max(1, retry_after)


class NoHttp(ApiError):
    """What came over the connection is no HTTP request; it is closed."""

    status = 400
    type = "MXInvalidInputException"

    def __init__(self) -> None:
        super().__init__("This is no valid HTTP request.")


class HeadTooLarge(ApiError):
    """Address and headers together are too large; the connection is closed."""

    status = 431
    type = "MXInvalidInputException"

    def __init__(self, limit: int) -> None:
        super().__init__(f"Address and headers of a request can not be more than {limit} bytes.")


class KeyReused(ApiError):
    """The Idempotency-Key of a call belongs to another one; nothing was done."""

    status = 422
    type = "MXInvalidInputException"

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key was used for a different request; send this one under a new key."
        )


class KeyInUse(ApiError):
    """A call under this Idempotency-Key is still being done; nothing was done now. A repeat gets its answer."""

    status = 409
    type = "RequestInProgressException"

    def __init__(self) -> None:
        super().__init__(
            "A request with this Idempotency-Key is still being processed; send it again in a moment."
        )


class InvalidHeader(ApiError):
    """A header of ours that cannot be used: `Invalid header Fairlead-Callback: …`; nothing was done."""

    status = 400
    type = "MXInvalidInputException"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"Invalid header {name}: {reason}")


class InvalidKey(ApiError):
    """The Idempotency-Key is empty, too long or not printable; nothing was done."""

    status = 400
    type = "MXInvalidInputException"

    def __init__(self, longest: int) -> None:
        super().__init__(f"An Idempotency-Key is 1 to {longest} printable ASCII characters")


class BadRequest(ApiError):
    """The body is not JSON, has the wrong structure or the wrong content type."""

    status = 400
    type = "MXInvalidInputException"

    def __init__(self, reason: str) -> None:
        super().__init__(f"Request body is not valid for this API: {reason}")


class MandatoryMissing(ApiError):
    """A mandatory attribute is absent or empty: `'leadId' is mandatory for updating lead`."""

    status = 400
    type = "MXMandatoryAttributeMissingException"

    def __init__(self, name: str, action: str) -> None:
        super().__init__(f"'{name}' is mandatory for {action}")


class DomainError(ApiError):
    """A rule refused the call. HTTP 500 with an MX type: callers treat it as final."""

    status = 500
    type = "MXInvalidInputException"


class InvalidInput(DomainError):
    """`Invalid Input! Parameter Name: <what>`."""

    def __init__(self, what: str) -> None:
        super().__init__(f"Invalid Input! Parameter Name: {what}")

    @classmethod
    def value(cls, name: str) -> InvalidInput:
        """A request parameter that cannot be read."""
        return cls(f"{name} value is not correct.")

    @classmethod
    def too_long(cls, name: str, limit: int) -> InvalidInput:
        """A text longer than its field; `limit` in characters."""
        return cls(f"{name} can not be more than {limit} characters.")


class PageTooLarge(DomainError):
    """A page of leads over the limit of its operation, in the words of that one page."""

    type = "MXMandatoryFieldMissingException"

    def __init__(self, limit: int) -> None:
        super().__init__(f"Page size can not be larger than {limit}.")


class InvalidSearchBy(DomainError):
    """SearchBy names something that is not a unique lead field."""

    def __init__(self) -> None:
        super().__init__("Invalid SearchBy value provided")


class Duplicate(DomainError):
    """A unique value is held by another record (`A Lead with same Email already exists.`)."""

    type = "MXDuplicateEntryException"

    def __init__(self, entity: str, name: str) -> None:
        super().__init__(f"A {entity} with same {name} already exists.")


class UnknownAttributes(DomainError):
    """Attributes that are not defined; the whole write is refused."""

    type = "MXUnknownAttributeException"

    def __init__(self, names: list[str]) -> None:
        super().__init__(f"Attribute(s) does not exist - {','.join(names)}.")


class UnknownReference(DomainError):
    """A record that the call names does not exist: `Lead not found`, `Opportunity does not exist`."""

    type = "MXInvalidEntityReferenceException"


class UnknownActivity(DomainError):
    """Unknown or deleted lead or sales activity."""

    type = "MXUnknownProspectActivityException"

    def __init__(self) -> None:
        super().__init__("Activity does not exist.")


class InvalidEventCode(DomainError):
    """The event code is absent, unknown or of the wrong kind."""

    type = "MXInvalidActivityException"

    def __init__(self) -> None:
        super().__init__("Event Code is invalid or empty")


class InvalidActivityField(DomainError):
    """A field of an activity or opportunity is unknown, mandatory and missing, or has a wrong value."""

    type = "MXInvalidActivityFieldsException"

    @classmethod
    def unknown(cls, name: str) -> InvalidActivityField:
        """The schema name is not defined on the type."""
        return cls(f"Field name : '{name}' does not exist.")

    @classmethod
    def mandatory(cls, name: str, data_type: str) -> InvalidActivityField:
        """A mandatory field is missing or emptied; `data_type` is the vendor's name."""
        return cls(f"Field name : '{name}' of datatype : '{data_type}' is mandatory.")

    @classmethod
    def value(cls, name: str, data_type: str) -> InvalidActivityField:
        """The value is not of the field's type or not one of its options."""
        return cls(f"Field name : '{name}' of datatype : '{data_type}' has an invalid value.")


class InvalidDataType(DomainError):
    """A lead or account value of the wrong type."""

    type = "MXInvalidDataTypeException"

    @classmethod
    def value(cls, name: str, data_type: str) -> InvalidDataType:
        """The value cannot be read as that type; `data_type` is the vendor's name."""
        return cls(f"'{name}' value is not of type '{data_type}'.")


class Unexpected(ApiError):
    """A fault of ours. Shows nothing of its inside; a repeat may help."""

    def __init__(self, request_id: str) -> None:
        super().__init__("There was an error processing the request. Please contact administrator.")
        self.request_id = request_id

    def body(self) -> dict[str, object]:
        """The envelope with the request's id, by which the log can be searched."""
        return super().body() | {"RequestId": self.request_id}
