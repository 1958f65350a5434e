"""Every SQL statement about users. Reading them: `orgs.queries.DEFINITIONS`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from fairlead.orgs.definitions import User

UPDATE_USER = """
update app_user set email = $3, first_name = $4, last_name = $5, role = $6, active = $7, profile = $8::text::jsonb,
    modified_on = $9
where org_id = $1 and id = $2
"""


async def update_user(db: Any, org_id: int, user: User, *, now: datetime) -> None:
    """Store a changed user."""
    profile = msgspec.json.encode(user.profile).decode()
    await db.execute(
        UPDATE_USER,
        org_id,
        user.id,
        user.email,
        user.first_name,
        user.last_name,
        user.role,
        user.active,
        profile,
        now,
    )
