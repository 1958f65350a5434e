"""Reading a request: query string, credentials, JSON body. What the vendor ignores is ignored, and noticed."""

from __future__ import annotations

import functools
from typing import Any
from urllib.parse import unquote_plus

import msgspec
from msgspec import inspect

from fairlead.errors import BadRequest

BODY_LIMIT = 10 * 1024 * 1024
"""Bytes of a request body."""


def query_of(raw: bytes) -> dict[str, str]:
    """Query parameters by lower-case name; of a name given twice the first counts. `$` and `%24` are one."""
    found: dict[str, str] = {}
    if raw:
        for part in raw.decode("latin-1").split("&"):
            name, _, value = part.partition("=")
            if "%" in part or "+" in part:
                name, value = _unquote(name), _unquote(value)
            found.setdefault(name.lower(), value)
    return found


# The same few keys arrive quoted in every call.
_unquote = functools.lru_cache(1024)(unquote_plus)


def check_content_type(content_type: str) -> None:
    """JSON under any of its names, or nothing declared. Raises BadRequest."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind and kind not in ("application/json", "text/json") and not kind.endswith("+json"):
        reason = f"Content-Type {kind[:60]} is not JSON"
        raise BadRequest(reason)


class Reader:
    """Decodes the body of one operation into its type."""

    def __init__(self, kind: Any, *, optional: bool) -> None:
        self._kind = kind
        self._optional = optional
        self._decode = msgspec.json.Decoder(kind).decode

    @functools.cached_property
    def _form(self) -> inspect.Type:
        """The type as it can be walked; made once, for whoever sends unknown members sends them in every call."""
        return inspect.type_info(self._kind)

    def read(self, raw: bytes) -> tuple[Any, list[tuple[str, str]]]:
        """The body and the notices about members nobody knows. Raises BadRequest."""
        try:
            return self._decode(raw), []
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
        return self._read_with_care(raw)

    def _read_with_care(self, raw: bytes) -> tuple[Any, list[tuple[str, str]]]:
        raw = raw.removeprefix(b"\xef\xbb\xbf").strip(b" \t\r\n")
        if raw in (b"", b"null") or (self._optional and raw == b"{}"):
            if self._optional:
                return None, []
            reason = "it is empty"
            raise BadRequest(reason)
        try:
            loose = msgspec.json.decode(raw)
        except RecursionError:
            reason = "it is nested too deeply"
            raise BadRequest(reason) from None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            reason = f"it is not JSON ({error})"
            raise BadRequest(reason) from None
        notices: list[tuple[str, str]] = []
        try:
            known = _known(loose, self._form, notices, "")
            return msgspec.convert(known, self._kind), notices
        except msgspec.ValidationError as error:
            raise BadRequest(str(error)) from None
        except RecursionError:
            reason = "it is nested too deeply"
            raise BadRequest(reason) from None


def _known(value: Any, kind: inspect.Type, notices: list[tuple[str, str]], path: str) -> Any:
    """The value without the members that its type does not know."""
    if isinstance(kind, inspect.UnionType):
        want = inspect.ListType if isinstance(value, list) else inspect.StructType
        matching = [some for some in kind.types if isinstance(some, want)]
        return _known(value, matching[0], notices, path) if matching else value
    if isinstance(kind, inspect.ListType) and isinstance(value, list):
        return [_known(item, kind.item_type, notices, path) for item in value]
    if isinstance(kind, inspect.StructType) and isinstance(value, dict):
        fields = {field.encode_name: field.type for field in kind.fields}
        found = {}
        for name, item in value.items():
            if name in fields:
                found[name] = _known(item, fields[name], notices, f"{path}{name}.")
            elif len(notices) < 20:
                notices.append(("unknown-member", f"{path}{name}"[:100]))
        return found
    return value
