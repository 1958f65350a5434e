"""What every test organisation has from the start: one user, its keys, its types and fields. No records.

It is made once by the product's own rules and then copied, table by table, for every test that writes. Copies
have the very same ids, so a statement that forgets `org_id` meets the records of many other organisations.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import asyncpg
import msgspec
import sqlalchemy as sa

from fairlead.db.schema import metadata
from fairlead.fields import standard
from fairlead.fields.model import DataType, Field
from fairlead.orgs import definitions, rules
from fairlead.orgs.definitions import Definitions
from world.keys import new_key, new_secret
from world.records import World

LONG_AGO = datetime(2018, 3, 1, 9, 0, tzinfo=UTC)
"""When the organisation was made."""

USER = {"email": "asha.rao@example.com", "first_name": "Asha", "last_name": "Rao"}

ACTIVITIES = (102, 105, 154, 163, 166, 167, 200, 201, 206, 208, 313)
NAMES = {
    102: "Meeting",
    105: "Document Collection",
    201: "Office Visit",
    206: "Home Visit",
    208: "PAN Collection",
}
ACCOUNT_ACTIVITIES = {10001: "Phone Call", 10002: "Meeting with Stakeholders"}
OPPORTUNITIES = {12000: "Car", 12003: "Insurance", 12005: "Loan", 12114: "Course", 12231: "House"}

_KYC = Field(
    "mx_KYC",
    "KYC",
    DataType.FIELD_SET,
    sequence=201,
    members=(
        Field("Status", "Status", max_length=200),
        Field("mx_CustomObject_1", "Document", max_length=200, sequence=1),
        Field("mx_CustomObject_2", "Number", max_length=200, sequence=2),
    ),
)


def text_fields(first: int, last: int) -> list[Field]:
    """The text fields `mx_Custom_<first>` to `mx_Custom_<last>`."""
    return [
        Field(f"mx_Custom_{n}", "Purpose" if n == 1 else f"Detail {n}", max_length=200, sequence=n)
        for n in range(first, last + 1)
    ]


class Worlds:
    """Makes organisations: the first by the rules, every other as a copy of it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._first: World | None = None
        self._next = 0
        self._copy = ""
        self.db: Any = None

    async def open(self) -> None:
        """Connect, and make the organisation that is copied."""
        # What is only made ready need not outlive a crash of the database: it does not wait for the disk.
        self.db = await asyncpg.connect(self._url, server_settings={"synchronous_commit": "off"})
        self._first = await self.made("Example")
        tables = [table for table in metadata.sorted_tables if await self._has_rows(table.name)]
        self._copy = _copy(tables)
        self._next = self._first.org_id

    async def close(self) -> None:
        """Leave the database."""
        if self.db is not None:
            await self.db.close()

    async def copy(self) -> World:
        """An organisation like the first one, with the same ids and secret, and an access key of its own."""
        first = self._first
        assert first
        org_id = self._next = self._next + 1
        key = new_key()
        # What is copied fits together already: no foreign key is checked, row by row, for this transaction.
        await self.db.execute("begin; set local session_replication_role = replica")
        try:
            await self.db.execute(self._copy, org_id, first.org_id, key)
        finally:
            await self.db.execute("commit")
        org = msgspec.structs.replace(first.defs.org, org_id=org_id)
        defs = Definitions(org, first.defs.types.values(), first.defs.users.values(), (), ())
        return World(self.db, org_id, defs, first.user_id, (key, first.secret))

    async def _has_rows(self, table: str) -> bool:
        """True for the tables that make an organisation."""
        if not await self.db.fetchval("select to_regclass($1)", table):
            return False
        return bool(await self.db.fetchval(f"select exists (select 1 from {table})"))

    async def made(self, name: str) -> World:
        """An organisation made by the rules, with ids of its own."""
        async with self.db.transaction():
            org_id = await rules.create_org(self.db, name, now=LONG_AGO)
            user_id = await rules.create_user(self.db, org_id, **USER, role="Administrator", now=LONG_AGO)
            key = await rules.create_key(
                self.db, org_id, user_id, now=LONG_AGO, access_key=new_key(), secret=new_secret()
            )
            lead = (await definitions.read(self.db, org_id)).lead
            await rules.add_fields(self.db, org_id, lead.id, [_KYC], now=LONG_AGO)
            await self._add_types(org_id, user_id)
        self._next = max(self._next, org_id)
        return World(self.db, org_id, await definitions.read(self.db, org_id), user_id, key)

    async def _add_types(self, org_id: int, user_id: str) -> None:
        for code in ACTIVITIES:
            own = text_fields(1, 1 if code == 206 else 5)
            fields = [*standard.ACTIVITY_FIELDS, *own]
            await self._add(org_id, "activity", code, NAMES.get(code, f"Event {code}"), fields, user_id)
        for code, name in ACCOUNT_ACTIVITIES.items():
            fields = [*standard.ACCOUNT_ACTIVITY_FIELDS, *text_fields(1, 5)]
            await self._add(org_id, "account_activity", code, name, fields, user_id)
        for code, name in OPPORTUNITIES.items():
            fields = [*standard.OPPORTUNITY_FIELDS, *text_fields(11, 21)]
            await self._add(org_id, "opportunity", code, name, fields, user_id)

    async def _add(
        self, org_id: int, kind: str, code: int, name: str, fields: list[Field], user_id: str
    ) -> None:
        await rules.add_type(self.db, org_id, kind, code, name, fields, now=LONG_AGO, by=user_id)


def _copy(tables: list[sa.Table]) -> str:
    """Copies the rows of organisation $2 to organisation $1, in all tables at once; its access key is $3."""
    copies = []
    for table in tables:
        names = {column.name: column.name for column in table.columns} | {"org_id": "$1"}
        if table.name in ("api_key", "directory"):
            names["access_key" if table.name == "api_key" else "value"] = "$3"
        copies.append(
            f"{table.name}_copy as (insert into {table.name} ({', '.join(names)})"
            f" select {', '.join(names.values())} from {table.name} where org_id = $2)"
        )
    return f"with {', '.join(copies)} select"
