"""The demo organisation: made once, whole, and the same for the same time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fairlead.db.pool import connect
from fairlead.sandbox import demo

NOW = datetime(2024, 2, 29, 1, 15, 30, 123456, tzinfo=UTC)

WHAT = """
select l.auto_id, l.stage, l.score, l.revenue, l.fields->>'EmailAddress' as email, l.created_on, l.touched_on,
    (select count(*) from activity a where a.org_id = l.org_id and a.lead_id = l.id) as activities
from lead l where l.org_id = $1 order by l.auto_id
"""


async def made(db: Any) -> tuple[int, list[Any]]:
    assert await demo.ensure(db, now=NOW)
    org_id = await db.fetchval("select org_id from directory where value = $1", demo.ACCESS_KEY)
    return org_id, [tuple(row) for row in await db.fetch(WHAT, org_id)]


async def test_the_demo_is_made_once_and_its_sums_are_right(database_url: str) -> None:
    db = await connect(database_url)
    work = db.transaction()
    await work.start()
    try:
        org_id, leads = await made(db)
        assert len(leads) == demo.LEADS
        assert not await demo.ensure(db, now=NOW)
        assert await wrong_sums(db, org_id) == []
        late = await db.fetchval(
            "select count(*) from activity where org_id = $1 and created_on > $2", org_id, NOW
        )
        assert late == 0
        to_do = await db.fetchrow(
            """select count(*) as tasks, count(completed_on) as done, count(*) filter (where due_on > $2) as ahead,
                count(*) filter (where created_on > $2 or completed_on > $2 or completed_on < created_on) as wrong,
                (select count(*) from note where org_id = $1 and created_on <= $2) as notes
            from task where org_id = $1""",
            org_id,
            NOW,
        )
        assert to_do["wrong"] == 0
        assert min(to_do["tasks"], to_do["done"], to_do["ahead"], to_do["notes"]) > 5
        await db.execute("delete from directory where org_id = $1", org_id)
        _, again = await made(db)
        assert again == leads
    finally:
        await work.rollback()
        await db.close()


async def wrong_sums(db: Any, org_id: int) -> list[Any]:
    """Leads whose score or revenue is not the sum of their activities."""
    return await db.fetch(
        """
        select l.id from lead l left join activity a on a.org_id = l.org_id and a.lead_id = l.id
        where l.org_id = $1 group by l.org_id, l.id, l.score, l.revenue
        having l.score <> coalesce(sum(a.score), 0)
            or l.revenue <> coalesce(sum((a.fields->>'mx_Custom_2')::numeric) filter (where a.code = 30), 0)
        """,
        org_id,
    )
