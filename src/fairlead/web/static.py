"""Static files: ours, and the script of htmx from its own package. Their addresses change with their contents."""

from __future__ import annotations

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
        tag = f'"{self._tags[name]}"'
        named = request.url.query == self._tags[name]
        headers = {"etag": tag, "cache-control": _FOREVER if named else "no-cache"}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(raw, headers=headers | {"content-type": _TYPES[Path(name).suffix]})


def _htmx() -> Path:
    spec = find_spec("js_lib_htmx")
    if spec is None or spec.origin is None:
        msg = "the package django-js-lib-htmx is not installed"
        raise ModuleNotFoundError(msg)
    return Path(spec.origin).parent / "static" / "htmx" / "htmx.min.js"
