"""Secrets taken out of what is shown: by where they stand in a request, by their name, and by their value."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

import msgspec

HIDDEN = "•••"

_NAMES = r"pass_?word|pass_?phrase|secret(?!ar)|token|api_?key|authorization|cookie"
_SECRET = re.compile(_NAMES, re.IGNORECASE)
# The same in text that is no JSON, because it was cut or never was. A text may stand inside of another one, so its
# quotes may be escaped, and it ends with a quote that is escaped as the first one. What is hidden goes rather too far.
_VALUE = r"""(?:(\\{0,15})".*?(?:(?<!\\)\%d"|\Z)|[\[{].*|[^,}\]\s]+)"""
_MEMBER = re.compile(
    rf"""((\\{{0,15}})"[^"\\]*(?:{_NAMES})[^"\\]*\2"\s*:\s*){_VALUE % 3}""", re.IGNORECASE | re.DOTALL
)
_ATTRIBUTE = re.compile(
    rf"""((\\{{0,15}})"(?:Attribute|SchemaName)\2"\s*:\s*\2"[^"\\]*(?:{_NAMES})[^"\\]*\2"\s*,\s*\2"Value\2"\s*:\s*)"""
    rf"""{_VALUE % 3}""",
    re.IGNORECASE | re.DOTALL,
)
_SHORTEST = 4
"""A value with fewer characters is no secret, and would be found everywhere."""


def is_secret(name: str) -> bool:
    """True for the name of a parameter, a header or a member whose value is not to be shown."""
    return bool(_SECRET.search(name.replace("-", "")))


def query(raw: bytes) -> tuple[list[tuple[str, str]], list[str]]:
    """The parameters to show, and the secrets that were among them."""
    pairs = parse_qsl(raw.decode("latin-1"), keep_blank_values=True, errors="replace")
    secrets = [value for name, value in pairs if is_secret(name)]
    return [(name, HIDDEN if is_secret(name) else value) for name, value in pairs], secrets


def without(said: str, secrets: Iterable[str]) -> str:
    """A text without these secrets, as they are and as JSON writes them."""
    for secret in secrets:
        if len(secret) >= _SHORTEST:
            said = said.replace(secret, HIDDEN).replace(json.dumps(secret)[1:-1], HIDDEN)
    return said


def text(raw: bytes, secrets: Iterable[str], *, whole: bool) -> str:
    """A body to show: JSON with a line per member, anything else as it is; no secrets in either."""
    try:
        if not whole:
            raise ValueError
        said = msgspec.json.format(msgspec.json.encode(_clean(msgspec.json.decode(raw))), indent=2).decode()
    except (msgspec.MsgspecError, RecursionError, ValueError):
        said = _written(raw.decode("utf-8", "replace"))
    return without(said, secrets)


def _written(said: str) -> str:
    return _ATTRIBUTE.sub(_hide, _MEMBER.sub(_hide, said))


def _hide(found: re.Match[str]) -> str:
    return f'{found[1]}{found[2]}"{HIDDEN}{found[2]}"'


def _clean(value: Any) -> Any:
    """JSON without the values of members, and of attributes, that are named like a secret; also inside of texts."""
    if isinstance(value, dict):
        named = value.get("Attribute") or value.get("SchemaName")
        hides = isinstance(named, str) and is_secret(named)
        return {
            name: HIDDEN if (is_secret(name) or (hides and name == "Value")) and inner else _clean(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_clean(inner) for inner in value]
    return _written(value) if isinstance(value, str) and '"' in value else value
