"""Which writes make every process read the definitions anew: those that may change them, and no others."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fairlead.wire.operation import Operation
from test_contract import send
from test_shapes import EXCHANGES, OPERATIONS, called
from world import Client, World, Worlds, prepare
from world.contents import differences, stored

RECORDS = frozenset(
    (
        *("lead", "lead_key", "activity", "account", "account_key", "change", "note", "task"),
        *("list_member", "idempotency", "counter"),
    )
)
"""Tables of which nobody keeps a copy."""

RECORDS_ONLY = [operation for operation in OPERATIONS if not operation.redefines]


async def version(world: World) -> int:
    found: int = await world.db.fetchval("select version from org where org_id = $1", world.org_id)
    return found


@pytest.mark.parametrize("operation", RECORDS_ONLY, ids=called)
async def test_a_write_of_records_leaves_the_definitions(
    operation: Operation, worlds: Worlds, client_of: Callable[[World], Client]
) -> None:
    """Everything but records is as it was, the version too; and something was done."""
    exchanges = [one for _, _, one in EXCHANGES if one.path == operation.path]
    assert exchanges
    done = False
    for exchange in exchanges:
        world = await worlds.copy()
        values = (await prepare(world, exchange)).values
        before, whole = await stored(world, but=RECORDS), await stored(world)
        assert (await send(client_of(world), exchange, values)).status_code == 200
        assert differences(before, await stored(world, but=RECORDS)) == []
        done = done or bool(differences(whole, await stored(world)))
    assert done


async def test_what_may_change_definitions_is_seen_by_all(client: Client) -> None:
    before = await version(client.world)
    await client.post("/v2/ProspectActivity.svc/CreateType", {"ActivityEventName": "Home Visit"})
    assert await version(client.world) == before + 1


def test_only_rare_writes_redefine() -> None:
    assert {operation.kind for operation in RECORDS_ONLY} == {"rare"}
