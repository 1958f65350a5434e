"""Static files: ours, and the script of htmx from its own package. Their addresses change with their contents.

They are sent compressed where the browser takes that. Pages are not: they hold the token of their forms beside what was
asked for, and the length of both together would tell about the token.
"""

from __future__ import annotations

import gzip
import hashlib
from importlib.util import find_spec
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_FOREVER = "public, max-age=31536000, immutable"


class Files:
    """All static files in memory; there are few, and small ones."""

    def __init__(self) -> None:
        places = [path for path in (Path(__file__).parent / "static").iterdir() if path.suffix in _TYPES]
        self._files = {path.name: path.read_bytes() for path in [*places, _htmx()]}
        self._packed = {name: gzip.compress(raw, 9, mtime=0) for name, raw in self._files.items()}
        self._tags = {name: hashlib.sha256(raw).hexdigest()[:16] for name, raw in self._files.items()}

    def address(self, name: str) -> str:
        """The address of a file, for templates. Raises KeyError for one that is not there."""
        return f"/static/{name}?{self._tags[name]}"

    async def answer(self, request: Request) -> Response:
        """A file; kept by browsers for ever under the address with its tag, and asked about under any other."""
        name = request.path_params["name"]
        raw = self._files.get(name)
        if raw is None:
            return PlainTextResponse("There is no such file.", 404)
        tag = f'W/"{self._tags[name]}"'  # weak: one for both encodings
        named = request.url.query == self._tags[name]
        headers = {
            "etag": tag,
            "cache-control": _FOREVER if named else "no-cache",
            "vary": "Accept-Encoding",
        }
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        headers["content-type"] = _TYPES[Path(name).suffix]
        if _takes_gzip(request.headers.get("accept-encoding", "")):
            return Response(self._packed[name], headers=headers | {"content-encoding": "gzip"})
        return Response(raw, headers=headers)


def _takes_gzip(accepted: str) -> bool:
    """True for `gzip, br`, false for `gzip;q=0` and for nothing."""
    offered = (one.replace(" ", "").lower().partition(";") for one in accepted.split(","))
    return any(name == "gzip" and quality not in ("q=0", "q=0.0") for name, _, quality in offered)


def _htmx() -> Path:
    spec = find_spec("js_lib_htmx")
    if spec is None or spec.origin is None:
        msg = "the package django-js-lib-htmx is not installed"
        raise ModuleNotFoundError(msg)
    return Path(spec.origin).parent / "static" / "htmx" / "htmx.min.js"
