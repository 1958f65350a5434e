"""`fairlead async-key`, `worker` and `async` as processes."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import subprocess
import time
from typing import Any

from command import PROGRAM, fairlead, refused
from world.queue import Queue

UPDATE = "/opportunity/update"


async def run(queue: Queue, *arguments: object) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(fairlead, *arguments, "--database-url", queue.url)


async def told(queue: Queue, *arguments: object) -> Any:
    ended = await run(queue, *arguments, "--json")
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


async def test_a_key_is_shown_once_works_and_is_disabled(queue: Queue) -> None:
    org = queue.world.org_id
    key = (await told(queue, "async-key", "create", "--org", org))["x-api-key"]
    assert len(key) == 40
    assert key.isalnum()
    stored = await queue.db.fetch("select kind, value from directory where org_id = $1", org)
    assert ("async_key", hashlib.sha256(key.encode()).hexdigest()) in [tuple(row) for row in stored]
    assert key not in [row["value"] for row in stored]
    queue.key = {"x-api-key": key}
    request = await queue.submit(UPDATE, {})
    listed = await told(queue, "async-key", "list", "--org", org)
    assert [row["enabled"] for row in listed] == [True, True]
    for named in (key, listed[1]["id"]):
        await told(queue, "async-key", "disable", named)
        answer = await queue.client.send("POST", UPDATE, json={}, headers=queue.key)
        assert answer.status_code == 401
        await told(queue, "async-key", "enable", named)
        assert (await queue.status(UPDATE, request))["Status"] == "In-Queue"
    assert refused(await run(queue, "async-key", "disable", "x")) == "Error: Key not found"
    assert (await run(queue, "async-key", "create", "--org", org, "--async-key", "short")).returncode == 2


async def test_a_worker_applies_requests_and_ends_when_told(queue: Queue) -> None:
    body = {"ProspectOpportunityId": queue.world.values["opp.1"], "OpportunityNote": "Called"}
    environment = {name: text for name, text in os.environ.items() if not name.startswith("FAIRLEAD_")}
    worker = subprocess.Popen(  # noqa: ASYNC220  it starts at once
        [PROGRAM, "worker", "--concurrency", "2", "--database-url", queue.url],
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    try:
        await queue.submit(UPDATE, body)
        await queue.until("success", 1)
        begin = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(worker.wait, 20) == 0
        assert time.monotonic() - begin < 10
    finally:
        worker.kill()
        worker.wait()


async def test_what_did_not_succeed_gets_another_chance(queue: Queue) -> None:
    request = await queue.submit(UPDATE, {})
    async with queue.working():
        await queue.until("error", 1)
    await told(queue, "async", "retry", request)
    assert (await queue.status(UPDATE, request))["Status"] == "In-Queue"
    async with queue.working():
        await queue.until("error", 1)
    for unknown in ("x", queue.world.user_id):
        assert "has ended without success" in refused(await run(queue, "async", "retry", unknown))
