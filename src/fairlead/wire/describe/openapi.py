"""The OpenAPI 3.1 document, read off the registry."""

from __future__ import annotations

import re
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

import msgspec

from fairlead.wire.describe.coverage import addresses
from fairlead.wire.describe.failures import Failure, failures
from fairlead.wire.describe.queued import described, needs
from fairlead.wire.describe.schemas import Json, Schemas, text_parameter
from fairlead.wire.operation import Operation, Registry

_STATUSES = {
    400: "BadRequest",
    401: "Unauthorised",
    403: "Forbidden",
    404: "NotFound",
    405: "WrongVerb",
    429: "RateLimited",
    500: "Refused",
}
_RULES = (400, 500)
_REFUSED = "A rule refused the call (MX…), or a fault of the server."
_CREDENTIALS = {
    "accessKey": (
        "query",
        "accessKey",
        "The access key of a key pair. In an address `$` may be written `%24`.",
    ),
    "secretKey": ("query", "secretKey", "The secret key of the pair."),
    "accessKeyHeader": (
        "header",
        "x-LSQ-AccessKey",
        "The access key; a complete header pair wins over the query.",
    ),
    "secretKeyHeader": ("header", "x-LSQ-SecretKey", "The secret key of the pair."),
    "asyncKey": ("header", "x-api-key", "The key of the organisation for the asynchronous operations."),
}
_PAIR: list[dict[str, list[str]]] = [
    {"accessKey": [], "secretKey": []},
    {"accessKeyHeader": [], "secretKeyHeader": []},
]
_ABOUT = (
    "An open, self-hosted sales CRM engine that speaks the LeadSquared HTTP API. Paths and names of query "
    "parameters are matched without regard to case; unknown members of a body and unknown query parameters are "
    "ignored, and named in the header `X-Fairlead-Diagnostics`. A refusal by a rule is HTTP 500 with an "
    "ExceptionType that begins with MX: repeating the call will not help."
)


def document(registry: Registry) -> Json:
    """The whole document as JSON values; the same registry gives the same document."""
    operations = described(registry)
    replies = Schemas([operation.reply for operation in operations], exact=True)
    bodies = Schemas(
        [operation.body for operation in operations if _has_body(operation)],
        exact=False,
        taken=replies.components,
    )
    paths: dict[str, Json] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.verb.lower()] = _operation(operation, bodies, replies)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Fairlead",
            "version": version("fairlead"),
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": _PAIR,
        "tags": [{"name": family} for family in sorted({operation.family for operation in operations})],
        "paths": paths,
        "components": {
            "securitySchemes": {
                name: {"type": "apiKey", "in": where, "name": spelling, "description": text}
                for name, (where, spelling, text) in _CREDENTIALS.items()
            },
            "headers": _HEADERS,
            "responses": _refusals(),
            "schemas": dict(sorted((bodies.components | replies.components).items())),
        },
    }


def encoded(registry: Registry) -> bytes:
    """The document as it is served."""
    return msgspec.json.encode(document(registry))


def operation_id(operation: Operation) -> str:
    """`post_ProspectActivity_CreateCustom`: from the address alone, so it stays when other operations come."""
    name = operation.path.removeprefix("/v2/").replace(".svc", "")
    return f"{operation.verb.lower()}_{re.sub('[^A-Za-z0-9]+', '_', name).strip('_')}"


def _has_body(operation: Operation) -> bool:
    """The body of a GET is ignored, whatever it is."""
    return operation.takes_body and operation.verb == "POST"


def _operation(operation: Operation, bodies: Schemas, replies: Schemas) -> Json:
    links = addresses(operation.pages)
    text = [operation.text]
    if operation.admin:
        text.append("Only administrators may call it.")
    if len(links) > 1:
        text.append("See also " + ", ".join(f"<{link}>" for link in links[1:]))
    found: Json = {
        "operationId": operation_id(operation),
        "summary": operation.title,
        "description": "\n\n".join(part for part in text if part),
        "tags": [operation.family],
    }
    if links:
        found["externalDocs"] = {"url": links[0], "description": "The vendor's page"}
    if "x-api-key" in needs(operation):
        pairs = _PAIR if "pair" in needs(operation) else [{}]
        found["security"] = [pair | {"asyncKey": []} for pair in pairs]
    if parameters := _parameters(operation.query):
        found["parameters"] = parameters
    if _has_body(operation):
        found["requestBody"] = {
            "required": not operation.body_optional,
            "content": {"application/json": {"schema": bodies.of(operation.body)}},
        }
    found["responses"] = {
        "200": {
            "description": "Done.",
            "headers": {
                name: {"$ref": f"#/components/headers/{name}"} for name in _HEADERS if name != "Retry-After"
            },
            "content": {"application/json": {"schema": replies.of(operation.reply)}},
        },
        **{str(status): {"$ref": f"#/components/responses/{name}"} for status, name in _STATUSES.items()},
    }
    return found


def _parameters(query: Any) -> list[Json]:
    """The query parameters; they are texts, and absent rather than null."""
    if query is type(None):
        return []
    shapes = Schemas([], exact=False)
    return [
        {
            "name": field.name,
            "in": "query",
            "required": field.required,
            "schema": text_parameter(shapes.of(field.type)),
        }
        for field in msgspec.structs.fields(query)
    ]


# Refusals


_HEADERS: dict[str, Json] = {
    "X-Request-Id": {
        "description": "The id of the request in the log.",
        "schema": {"type": "string", "format": "uuid"},
    },
    "X-Fairlead-Diagnostics": {
        "description": "What was swallowed in silence: `<code>;<detail>`, several separated by a comma.",
        "schema": {"type": "string"},
    },
    "Retry-After": {"description": "Whole seconds to wait.", "schema": {"type": "integer", "minimum": 1}},
}


def _refusals() -> dict[str, Json]:
    """One response per status, with the types that a caller can see there."""
    known = failures()
    rules = sorted({failure.type for failure in known if failure.status in _RULES and failure.is_mx})
    found = {}
    for status, name in _STATUSES.items():
        types = sorted({failure.type for failure in known if failure.status == status})
        # A rule may refuse with 400 or with 500, operation by operation; the types are the same.
        schema = _envelope(rules if status in _RULES else types)
        if status == HTTPStatus.INTERNAL_SERVER_ERROR:
            schema = {"oneOf": [schema, _fault([failure for failure in known if failure.traced])]}
        found[name] = _response(status, schema, known)
    return found


def _response(status: int, schema: Json, known: list[Failure]) -> Json:
    text = " ".join(dict.fromkeys(failure.meaning for failure in known if failure.status == status))
    headers = ["X-Request-Id"] + ["Retry-After"] * (status == HTTPStatus.TOO_MANY_REQUESTS)
    found: Json = {
        "description": _REFUSED if status == HTTPStatus.INTERNAL_SERVER_ERROR else text,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in headers},
        "content": {"application/json": {"schema": schema}},
    }
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        found["headers"]["Allow"] = {
            "schema": {"type": "string"},
            "description": "The verbs that the path has.",
        }
    return found


def _envelope(types: list[str]) -> Json:
    mx = {name.startswith("MX") for name in types}
    properties: Json = {
        "Status": {"const": "Error"},
        "ExceptionType": {"type": "string", "enum": types},
        "ExceptionMessage": {"type": "string"},
        "IsMXException": {"const": mx.pop()} if len(mx) == 1 else {"type": "boolean"},
    }
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _fault(traced: list[Failure]) -> Json:
    schema = _envelope(sorted({failure.type for failure in traced}))
    schema["properties"]["RequestId"] = {"type": "string"}
    schema["required"].append("RequestId")
    return schema
