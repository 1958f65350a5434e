"""`fairlead demo`: the demo organisation with its public keys, and how to call it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from fairlead.cli import options
from fairlead.cli.database import in_transaction, made_in_transaction
from fairlead.cli.manage import answer
from fairlead.sandbox import demo as sandbox

_TRY = """\
curl -s -X POST '{address}/v2/ProspectActivity.svc/CreateCustom?accessKey={access_key}&secretKey={secret}' \
-H 'Content-Type: application/json' \
-d '{{"LeadDetails":[{{"Attribute":"EmailAddress","Value":"ada@example.com"}},\
{{"Attribute":"FirstName","Value":"Ada"}},{{"Attribute":"SearchBy","Value":"EmailAddress"}}],\
"Activity":{{"ActivityEvent":105,"ActivityNote":"Asked for a demo"}}}}'"""


@click.command()
@options.database
@options.as_json
def demo(data: Path | None, database_url: str, *, as_json: bool) -> None:
    """Make the demo organisation, once, and print its keys, which are public."""
    in_transaction(data, database_url, _make)
    told = {
        "accessKey": sandbox.ACCESS_KEY,
        "secretKey": sandbox.SECRET_KEY,
        "x-api-key": sandbox.ASYNC_KEY,
    }
    answer(told, "\n".join(f"{name}  {value}" for name, value in told.items()), as_json=as_json)


async def _make(db: Any) -> None:
    await sandbox.ensure(db, now=datetime.now(UTC))


def ensure(url: str) -> None:
    """Make the demo organisation if it is not there."""
    made_in_transaction(url, _make)


def banner(address: str) -> str:
    """What a visitor needs to know, with a call that works when pasted."""
    call = _TRY.format(
        address=address, access_key=sandbox.ACCESS_KEY.replace("$", "%24"), secret=sandbox.SECRET_KEY
    )
    return f"""
Fairlead answers at {address}

  accessKey  {sandbox.ACCESS_KEY}   (in an address: {sandbox.ACCESS_KEY.replace("$", "%24")})
  secretKey  {sandbox.SECRET_KEY}
  x-api-key  {sandbox.ASYNC_KEY}

The demo organisation has no rate limit, and its keys are public. Create a lead with an activity:

{call}
"""
