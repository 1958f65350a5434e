"""Workers that die in the middle of a batch: real processes."""

from __future__ import annotations

import asyncio
import subprocess
import sys

from world.queue import Queue

# Works until nothing of an organisation waits (arguments: database, organisation); a note ends the process as if it were killed.
WORK = """
import asyncio, os, sys
import asyncpg, msgspec
from fairlead import app
from fairlead.orgs.definitions import Cache
from fairlead.wire.operation import Registry
from fairlead.wire.queue.crew import Crew

def deadly(function):
    def started(call):
        if getattr(call.body, "OpportunityNote", None) == "deadly":
            os._exit(9)
        return (yield from function(call))
    return started

async def main():
    registry = Registry()
    for operation in app.registry().all():
        registry.add(msgspec.structs.replace(operation, function=deadly(operation.function)))
    crew = Crew(sys.argv[1], Cache(), registry, 2)
    await crew.open()
    db = await asyncpg.connect(sys.argv[1])
    waits = "select exists (select 1 from async_request where org_id = $1 and finished_on is null)"
    while await db.fetchval(waits, int(sys.argv[2])):
        await asyncio.sleep(0.05)
    await db.close()
    await crew.close()

asyncio.run(main())
"""


async def test_a_deadly_request_is_set_apart_after_three_crashes(queue: Queue) -> None:
    values = queue.world.values
    deadly = {"ProspectOpportunityId": values["opp.1"], "OpportunityNote": "deadly"}
    request = await queue.submit("/opportunity/update", deadly)
    for _ in range(50):
        await queue.submit("/activity/create", {"RelatedProspectId": values["lead.1"], "ActivityEvent": 206})
    after = {"ProspectOpportunityId": values["opp.1"], "OpportunityNote": "after"}
    await queue.submit("/opportunity/update", after)
    ends = []
    for _ in range(5):
        ends.append(await asyncio.to_thread(work, queue.url, queue.world.org_id))
        if ends[-1] == 0:
            break
    assert ends == [9, 9, 9, 0]
    assert await queue.count("success") == 51
    assert (await queue.status("/opportunity/update", request))["Status"] == "FAILURE"
    assert (
        await queue.db.fetchval("select count(*) from async_trial where org_id = $1", queue.world.org_id) == 0
    )
    activities = "select count(*) from activity where org_id = $1 and code = 206"
    assert await queue.db.fetchval(activities, queue.world.org_id) == 50


def work(url: str, org_id: int) -> int:
    return subprocess.run([sys.executable, "-c", WORK, url, str(org_id)], timeout=60, check=False).returncode
