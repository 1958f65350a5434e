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
from world.receiver import SILENCE, receiving

UPDATE = "/opportunity/update"


async def run(queue: Queue, *arguments: object) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(fairlead, *arguments, "--database-url", queue.url)


async def told(queue: Queue, *arguments: object) -> Any:
    ended = await run(queue, *arguments, "--json")
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


async def test_a_key_is_shown_once_works_and_is_disabled(queue: Queue) -> None:
    org = queue.world.org_id
    made = await told(queue, "async-key", "create", "--org", org)
    key = made["x-api-key"]
    assert made["callback-secret"] == hashlib.sha256(key.encode()).hexdigest()
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


async def test_one_that_waits_is_given_up_and_those_behind_it_go_on(queue: Queue) -> None:
    opportunity = queue.world.values["opp.1"]
    body = {"ProspectOpportunityId": opportunity, "OpportunityNote": "Called"}
    bad, held = [await queue.submit(UPDATE, body) for _ in range(2)]
    states = "update async_request set state = $3, due_on = now() + interval '1 hour' where org_id = $1 and id = $2"
    for request, state in ((bad, "retry"), (held, "held")):
        await queue.db.execute(states, queue.world.org_id, request, state)
    ended = await run(queue, "async", "fail", bad)
    assert (ended.returncode, ended.stdout) == (0, f"Request {bad} is given up.\n")
    assert (await queue.status(UPDATE, bad))["Status"] == "FAILURE"
    async with queue.working():
        await queue.until("success", 1)
    for unknown in ("x", queue.world.user_id, held):
        assert "is waiting" in refused(await run(queue, "async", "fail", unknown))
    await told(queue, "async", "retry", bad)
    async with queue.working():
        await queue.until("success", 2)


async def test_a_worker_that_is_killed_while_it_tells_is_followed_by_one_that_tells_again(
    queue: Queue,
) -> None:
    body = {"ProspectOpportunityId": queue.world.values["opp.1"], "OpportunityNote": "Called"}
    environment = {name: text for name, text in os.environ.items() if not name.startswith("FAIRLEAD_")}
    environment["FAIRLEAD_CALLBACK_PRIVATE_ADDRESSES"] = "1"
    command = [PROGRAM, "worker", "--database-url", queue.url]

    def worker() -> subprocess.Popen[bytes]:
        return subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)

    async with receiving() as receiver:
        receiver.answers = [SILENCE]
        request = await queue.submit(UPDATE, body, callback=receiver.address)
        first = worker()
        try:
            await receiver.until(1)
        finally:
            first.kill()
            first.wait()
        assert (await queue.status(UPDATE, request))["Status"] == "Success"
        # What it had taken is its own for a minute; here that is over at once.
        await queue.db.execute("update delivery set due_on = now() where org_id = $1", queue.world.org_id)
        second = worker()
        try:
            arrived = await receiver.until(2)
        finally:
            second.terminate()
            second.wait(20)
    assert len({some.headers["fairlead-delivery"] for some in arrived}) == 1
    assert {some.json["RequestID"] for some in arrived} == {request}
    sent = await queue.db.fetch("select state, attempts from delivery where org_id = $1", queue.world.org_id)
    assert [tuple(row) for row in sent] == [("sent", 1)]
