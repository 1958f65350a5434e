"""A browser without JavaScript, and users who may sign in: what tests of the console use."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import httpx
from argon2 import PasswordHasher

from fairlead.web import queries
from world import World

PASSWORD = "four quiet words here"
_HASHED = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
"""As the product hashes it, but for the effort, which is all that hundreds of tests would do otherwise."""


class Browser:
    """Sends what a browser without JavaScript would: cookies, forms with their hidden fields, redirects."""

    def __init__(self, http: httpx.AsyncClient, email: str) -> None:
        self.http = http
        self.email = email
        self.response = httpx.Response(0)

    @property
    def text(self) -> str:
        """The page that is shown."""
        return self.response.text

    @property
    def path(self) -> str:
        """Where one is: `/app/leads?stage=New`."""
        return self.response.url.raw_path.decode()

    @property
    def csrf(self) -> str:
        """The token of the forms of the page that is shown."""
        found = re.search(r'name="csrf" value="([\w-]+)"', self.text)
        assert found, self.text
        return found[1]

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Go to an address, along redirects."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.response = await self.http.get(path, headers=named, follow_redirects=True)
        return self.response

    async def send(
        self, path: str, *, htmx: bool = False, csrf: str | None = None, **fields: Any
    ) -> httpx.Response:
        """Send a form of the page that is shown, with its token unless another is given, along redirects."""
        values = [
            (name, value)
            for name, some in fields.items()
            for value in (some if isinstance(some, list) else [some])
        ]
        body = urlencode([("csrf", self.csrf if csrf is None else csrf), *values])
        headers = {"content-type": "application/x-www-form-urlencoded"} | (
            {"hx-request": "true"} if htmx else {}
        )
        self.response = await self.http.post(path, content=body, headers=headers, follow_redirects=True)
        return self.response

    async def sign_in(self, password: str = PASSWORD, **fields: str) -> httpx.Response:
        """Sign in at the entrance."""
        await self.get("/app/sign-in")
        return await self.send("/app/sign-in", email=self.email, password=password, **fields)


async def entitled(world: World, *, role: str = "Administrator") -> str:
    """A user of this role with `PASSWORD`; their e-mail address."""
    user_id, *_ = await world.user_with_key(role)
    email = world.defs.users[user_id].email
    await queries.store_password(world.db, world.org_id, user_id, email, _HASHED, now=datetime.now(UTC))
    return email
