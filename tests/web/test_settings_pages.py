"""The settings: record types and fields, products, users, keys, the limit on requests."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable

import pytest

from browsing import PASSWORD, Browser, entitled
from fairlead.orgs import definitions
from fairlead.orgs.definitions import Definitions
from world import Client, World, Worlds

NASTY = '<script>alert("x")</script>\'"><img src=x onerror=alert(1)>'

ADMIN_PAGES = (
    "/app/settings/activities",
    "/app/settings/activities/new",
    "/app/settings/activities/206",
    "/app/settings/activities/206/fields/new",
    "/app/settings/activities/206/fields/mx_Custom_1",
    "/app/settings/lead-fields/mx_KYC",
    "/app/settings/lead-fields/mx_KYC/new",
    "/app/settings/opportunities",
    "/app/settings/opportunities/12005",
    "/app/settings/opportunities/12005/fields/mx_Custom_2",
    "/app/settings/account-activities",
    "/app/settings/account-activities/10001",
    "/app/settings/accounts",
    "/app/settings/accounts/5000",
    "/app/settings/lead-fields",
    "/app/settings/lead-fields/new",
    "/app/settings/lead-fields/EmailAddress",
    "/app/settings/lead-fields/mx_KYC~mx_CustomObject_1",
    "/app/settings/products/new",
    "/app/settings/users",
    "/app/settings/users/new",
    "/app/settings/api",
    "/app/settings/api/keys/new",
    "/app/settings/api/async-keys/new",
    "/app/settings/organisation",
)
ACTIONS = (
    "/app/settings/activities/new",
    "/app/settings/activities/206",
    "/app/settings/activities/206/delete",
    "/app/settings/activities/206/active",
    "/app/settings/activities/206/fields/new",
    "/app/settings/activities/206/fields/mx_Custom_1",
    "/app/settings/lead-fields/new",
    "/app/settings/products/new",
    "/app/settings/users/new",
    "/app/settings/api/keys/new",
    "/app/settings/api/keys/active",
    "/app/settings/api/async-keys/new",
    "/app/settings/api/limit",
    "/app/settings/organisation",
    "/app/settings/organisation/groups",
)
UNKNOWN = "00000000-0000-7000-8000-000000000000"


async def now_of(world: World) -> Definitions:
    """The definitions as they are stored."""
    return await definitions.read(world.db, world.org_id)


# every page ------------------------------------------------------------------------------------------------


async def test_an_administrator_sees_every_page_whole_and_in_part(browser: Browser) -> None:
    for path in ADMIN_PAGES:
        await browser.get(path)
        assert browser.response.status_code == 200, path
        assert "<!doctype html>" in browser.text
        for inline in ("<style", " style=", "javascript:", " onclick"):
            assert inline not in browser.text, (path, inline)
        await browser.get(path, hx_request="true")
        assert browser.response.status_code == 200
        assert "<!doctype html>" not in browser.text


async def test_every_control_has_a_label(browser: Browser) -> None:
    for path in ADMIN_PAGES:
        text = (await browser.get(path)).text
        named = set(re.findall(r'<label for="([^"]+)"', text))
        for control in re.findall(r"<(?:input|select|textarea)\b[^>]*>", text):
            if 'type="hidden"' in control or "aria-label=" in control or 'type="checkbox"' in control:
                continue
            identity = re.search(r' id="([^"]+)"', control)
            assert identity, (path, control)
            assert identity[1] in named, (path, control)
        ids = re.findall(r' id="([^"]+)"', text)
        assert len(ids) == len(set(ids)), path


async def test_only_an_administrator_sees_and_changes_the_settings(seller: Browser, world: World) -> None:
    before = (await now_of(world)).version
    for path in ADMIN_PAGES:
        assert (await seller.get(path)).status_code == 403, path
    await seller.get("/app")
    for path in ACTIONS:
        assert (await seller.send(path, csrf=seller.csrf)).status_code == 403, path
        await seller.get("/app")
    assert (await now_of(world)).version == before
    assert "/app/settings/activities" not in seller.text
    assert "/app/settings/products" in seller.text


@pytest.mark.parametrize(
    "path",
    [
        "/app/settings/activities/999",
        "/app/settings/activities/12005",
        "/app/settings/activities/99999999999999999999",
        "/app/settings/opportunities/206",
        "/app/settings/accounts/206/fields/new",
        "/app/settings/activities/206/fields/mx_Nope",
        "/app/settings/lead-fields/mx_Nope",
        "/app/settings/lead-fields/mx_KYC~mx_Nope",
        "/app/settings/lead-fields/mx_City/new",
        f"/app/settings/products/{UNKNOWN}",
        f"/app/settings/users/{UNKNOWN}",
    ],
)
async def test_what_is_not_there_is_not_found(browser: Browser, path: str) -> None:
    assert (await browser.get(path)).status_code == 404
    await browser.get("/app")
    if not path.endswith("new"):
        assert (await browser.send(path, name="X", display_name="X")).status_code == 404


# activity types ----------------------------------------------------------------------------------------------


async def test_an_activity_type_is_made_and_changed(browser: Browser, world: World) -> None:
    await browser.get("/app/settings/activities/new")
    await browser.send(
        "/app/settings/activities/new",
        name="Site Visit",
        score="-5",
        direction="1",
        description="At the customer's",
        can_lock="1",
        code="150",
    )
    assert browser.path == "/app/settings/activities/150"
    assert "Site Visit has the code 150." in browser.text
    kind = (await now_of(world)).types[150]
    assert (kind.kind, kind.score, kind.setting("direction")) == ("activity", -5, 1)
    assert (kind.setting("can_lock"), kind.setting("can_delete")) == (True, False)
    await browser.send("/app/settings/activities/150", name="Visit", score="7", direction="0", can_delete="1")
    kind = (await now_of(world)).types[150]
    assert (kind.name, kind.display_name, kind.score) == ("Visit", "Visit", 7)
    assert (kind.setting("can_lock"), kind.setting("can_delete")) == (False, True)
    assert "Visit" in (await browser.get("/app/settings/activities")).text


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"name": " "}, "Enter a name."),
        ({"name": "x" * 201}, "Enter at most 200 characters."),
        ({"name": "X", "score": "many"}, "Enter a whole number"),
        ({"name": "X", "code": "206"}, "Another type has this code."),
        ({"name": "X", "code": "12000"}, "Enter a code from 100 to 2999"),
        ({"name": "X", "code": "ten"}, "Enter a code from 100 to 2999"),
    ],
)
async def test_a_wrong_type_is_told_beside_its_control(
    browser: Browser, world: World, sent: dict[str, str], said: str
) -> None:
    before = len((await now_of(world)).types)
    await browser.get("/app/settings/activities/new")
    await browser.send("/app/settings/activities/new", **sent)
    assert browser.response.status_code == 422
    hint = re.search(r'aria-invalid="true"[^>]*>\s*<span class="hint" id="[\w-]+">([^<]+)', browser.text)
    assert hint
    assert said in hint[1]
    assert len((await now_of(world)).types) == before


async def test_a_field_gets_the_next_schema_name_and_its_options(browser: Browser, world: World) -> None:
    await browser.get("/app/settings/activities/206/fields/new")
    await browser.send(
        "/app/settings/activities/206/fields/new",
        display_name="Outcome",
        kind="select",
        mandatory="1",
        options="Done\r\n\r\n Not at home \r\nDone\r\n",
    )
    assert browser.path == "/app/settings/activities/206"
    assert "Outcome is mx_Custom_2." in browser.text
    field = (await now_of(world)).types[206].fields["mx_Custom_2"]
    assert [option.value for option in field.options] == ["Done", "Not at home"]
    assert field.mandatory
    await browser.get("/app/settings/activities/206/fields/mx_Custom_2")
    assert ">\nDone\nNot at home</textarea>" in browser.text
    await browser.send(
        "/app/settings/activities/206/fields/mx_Custom_2",
        display_name="Result",
        options="Not at home\r\nMoved\r\nDone",
    )
    field = (await now_of(world)).types[206].fields["mx_Custom_2"]
    assert (field.display_name, field.mandatory) == ("Result", False)
    assert [option.value for option in field.options] == ["Not at home", "Moved", "Done"]


async def test_options_may_depend_on_another_field(browser: Browser, world: World) -> None:
    new = "/app/settings/activities/206/fields/new"
    await browser.get(new)
    await browser.send(new, display_name="Region", kind="select", options="South\nWest")
    await browser.get(new)
    await browser.send(new, display_name="Branch", kind="select", options="Kochi\nPune", parent="mx_Custom_2")
    assert browser.path == "/app/settings/activities/206/fields/mx_Custom_3"
    field = (await now_of(world)).types[206].fields["mx_Custom_3"]
    assert field.dependent == {"South": ("Kochi", "Pune"), "West": ("Kochi", "Pune")}
    sent = {"display_name": "Branch", "under~South": "Kochi\nChennai", "under~West": "Pune"}
    await browser.send(browser.path, **sent)
    field = (await now_of(world)).types[206].fields["mx_Custom_3"]
    assert field.dependent == {"South": ("Kochi", "Chennai"), "West": ("Pune",)}
    assert [option.value for option in field.options] == ["Kochi", "Chennai", "Pune"]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"display_name": ""}, "Enter a name."),
        ({"display_name": "X", "kind": "select"}, "Enter at least one option"),
        ({"display_name": "X", "kind": "select", "options": "a;b", "multi_select": "1"}, "semicolon"),
        ({"display_name": "X", "max_length": "0"}, "Enter a number from 1 to 4000"),
        ({"display_name": "X", "max_length": "9" * 40}, "Enter a number from 1 to 4000"),
    ],
)
async def test_a_wrong_field_is_told_beside_its_control(
    browser: Browser, world: World, sent: dict[str, str], said: str
) -> None:
    await browser.get("/app/settings/activities/206/fields/new")
    await browser.send("/app/settings/activities/206/fields/new", **sent)
    assert browser.response.status_code == 422
    assert said in browser.text
    assert "mx_Custom_2" not in (await now_of(world)).types[206].fields


async def test_no_option_is_left_of_a_drop_down_by_mistake(browser: Browser, world: World) -> None:
    await browser.get("/app/settings/activities/206/fields/Status")
    await browser.send("/app/settings/activities/206/fields/Status", display_name="Status", options=" ")
    assert browser.response.status_code == 422
    assert "Leave at least one option" in browser.text
    assert (await now_of(world)).types[206].fields["Status"].options


async def test_a_type_in_use_is_deactivated_and_another_deleted(browser: Browser, world: World) -> None:
    await world.need("lead.1", "activity.1")
    used = await world.db.fetchval("select code from activity where org_id = $1 limit 1", world.org_id)
    unused = next(code for code in (201, 208, 313) if code != used)
    await browser.get(f"/app/settings/activities/{unused}")
    await browser.send(f"/app/settings/activities/{unused}/delete")
    assert "is deleted" in browser.text
    await browser.send(f"/app/settings/activities/{used}/delete")
    assert "deactivated" in browser.text
    types = (await now_of(world)).types
    assert unused not in types
    assert not types[used].active


# lead fields, opportunities, accounts --------------------------------------------------------------------------


async def test_a_lead_field_is_named_by_its_display_name(
    browser: Browser, world: World, client: object
) -> None:
    await browser.get("/app/settings/lead-fields/new")
    await browser.send(
        "/app/settings/lead-fields/new", display_name="Blood Group", kind="select", options="A\nB"
    )
    assert "Blood Group is mx_Blood_Group." in browser.text
    field = (await now_of(world)).lead.fields["mx_Blood_Group"]
    assert [option.value for option in field.options] == ["A", "B"]
    assert field.render_type == "SearchableDropdown"
    await browser.get("/app/settings/lead-fields/new")
    await browser.send("/app/settings/lead-fields/new", display_name="blood group")
    assert browser.response.status_code == 422
    assert "Another field has the same schema name." in browser.text
    await browser.get("/app/settings/lead-fields?q=blood")
    assert "mx_Blood_Group" in browser.text
    assert "EmailAddress" not in browser.text
    await browser.get("/app/settings/lead-fields?q=nothing+like+it")
    assert "No field is called so" in browser.text


async def test_a_field_of_the_system_cannot_be_changed(browser: Browser, world: World) -> None:
    before = (await now_of(world)).version
    for path in ("/app/settings/lead-fields/ProspectID", "/app/settings/opportunities/12005/fields/Status"):
        await browser.get(path)
        assert "System field, read-only." in browser.text
        await browser.send(path, display_name="Mine", options="Open")
        assert browser.response.status_code == 422
    assert (await now_of(world)).version == before


async def test_an_account_field_has_a_name_of_its_own(browser: Browser, world: World) -> None:
    new = "/app/settings/accounts/5000/fields/new"
    await browser.get(new)
    await browser.send(new, display_name="Tax Number", max_length="30")
    await browser.get(new)
    await browser.send(new, display_name="tax number")
    assert browser.response.status_code == 422
    assert "Another field has the same schema name." in browser.text
    fields = (await now_of(world)).types[5000].fields
    assert fields["mx_Tax_Number"].max_length == 30
    await browser.get("/app/settings/accounts/5000/fields/mx_Tax_Number")
    await browser.send(
        "/app/settings/accounts/5000/fields/mx_Tax_Number",
        display_name="GST",
        mandatory="1",
        show_in_form="1",
    )
    field = (await now_of(world)).types[5000].fields["mx_Tax_Number"]
    assert (field.display_name, field.mandatory) == ("GST", True)


async def test_all_fields_of_a_type_may_be_taken(browser: Browser, world: World) -> None:
    new = "/app/settings/activities/206/fields/new"
    await browser.get(new)
    for number in range(2, 51):
        await browser.send(new, display_name=f"Field {number}")
        assert f"mx_Custom_{number}." in browser.text
        await browser.get(new)
    await browser.send(new, display_name="One more")
    assert browser.response.status_code == 422
    assert "Home Visit has all 50 fields already" in browser.text
    assert "Invalid Input" not in browser.text


async def test_stages_of_an_opportunity_type_stand_under_its_status(browser: Browser, world: World) -> None:
    path = "/app/settings/opportunities/12005"
    await browser.get(path)
    assert re.search(
        r"Stages by status.*Open.*Prospecting, Qualified.*Won.*Closed Won", browser.text, re.DOTALL
    )
    sent = {
        "display_name": "Stage",
        "under~Open": "New\nAgreed",
        "under~Won": "Closed Won",
        "under~Lost": "Closed Lost",
    }
    await browser.send(f"{path}/fields/mx_Custom_2", **sent)
    field = (await now_of(world)).types[12005].fields["mx_Custom_2"]
    assert field.dependent["Open"] == ("New", "Agreed")
    assert field.mandatory


@pytest.mark.parametrize(
    ("section", "code"), [("opportunities", 12001), ("account-activities", 10003), ("accounts", 5002)]
)
async def test_every_kind_of_type_is_made_with_a_field(
    browser: Browser, world: World, section: str, code: int
) -> None:
    address = f"/app/settings/{section}"
    await browser.get(f"{address}/new")
    await browser.send(f"{address}/new", name="Brand New")
    assert browser.path == f"{address}/{code}", browser.text
    await browser.get(f"{address}/{code}/fields/new")
    await browser.send(f"{address}/{code}/fields/new", display_name="How many", kind="number")
    assert browser.path == f"{address}/{code}", browser.text
    fields = (await now_of(world)).types[code].fields
    made = next(field for field in fields.values() if field.display_name == "How many")
    assert made.name == ("mx_How_many" if section == "accounts" else made.name)
    assert made.sequence == max(field.sequence for field in fields.values())
    await browser.send(f"{address}/{code}", name="Renamed")
    assert (await now_of(world)).types[code].display_name == "Renamed"


# products ------------------------------------------------------------------------------------------------------


async def test_a_product_is_added_changed_found_and_deleted(browser: Browser, world: World) -> None:
    assert "No products yet" in (await browser.get("/app/settings/products")).text
    await browser.get("/app/settings/products/new")
    await browser.send("/app/settings/products/new", sku="LOAN-1", name="Car Loan", description="New cars")
    [product] = (await now_of(world)).products.values()
    assert (product.sku, product.name, product.description) == ("LOAN-1", "Car Loan", "New cars")
    address = f"/app/settings/products/{product.id}"
    await browser.get(address)
    await browser.send(address, sku="LOAN-2", name="Car Loan", description="")
    assert (await now_of(world)).products[product.id].sku == "LOAN-2"
    assert "LOAN-2" in (await browser.get("/app/settings/products?q=loan-2")).text
    assert "No product here" in (await browser.get("/app/settings/products?q=house")).text
    await browser.get("/app/settings/products/new")
    await browser.send("/app/settings/products/new", sku="LOAN-2", name="Another")
    assert browser.response.status_code == 422
    assert "Another product has this SKU." in browser.text
    await browser.send(f"{address}/delete")
    assert "LOAN-2" not in browser.text
    assert (await browser.get(address)).status_code == 404


async def test_a_seller_reads_products_only(browser: Browser, seller: Browser, world: World) -> None:
    await browser.get("/app/settings/products/new")
    await browser.send("/app/settings/products/new", sku="A-1", name="Advice")
    await seller.get("/app/settings/products")
    assert "Advice" in seller.text
    assert "New product" not in seller.text
    [product] = (await now_of(world)).products
    await seller.send(f"/app/settings/products/{product}/delete")
    assert seller.response.status_code == 403
    assert (await now_of(world)).products[product].active


# users -----------------------------------------------------------------------------------------------------------


async def test_a_user_is_added_and_signs_in(
    browser: Browser, strange: Callable[..., Browser], world: World
) -> None:
    new = "/app/settings/users/new"
    email = f"ravi.{world.org_id}@example.com"
    await browser.get(new)
    await browser.send(
        new, first_name="Ravi", email=email, role="Sales_User", manager=world.user_id, password=PASSWORD
    )
    user = (await now_of(world)).users_by_email[email]
    assert browser.path == f"/app/settings/users/{user.id}", browser.text
    assert (user.role, user.detail("manager_id")) == ("Sales_User", world.user_id)
    ravi = strange(email)
    await ravi.sign_in()
    assert ravi.path == "/app"
    await browser.send(f"/app/settings/users/{user.id}", first_name="Ravi", role="Sales_Manager", manager="")
    user = (await now_of(world)).users[user.id]
    assert (user.role, user.detail("manager_id")) == ("Sales_Manager", None)
    await browser.send(f"/app/settings/users/{user.id}/active", on="0")
    assert "deactivated" in browser.text
    assert not (await now_of(world)).users[user.id].active
    assert (await ravi.get("/app")).url.path == "/app/sign-in"
    await browser.send(f"/app/settings/users/{user.id}/active", on="1")
    await browser.send(f"/app/settings/users/{user.id}/password", password="short")
    assert browser.response.status_code == 422
    await browser.send(f"/app/settings/users/{user.id}/password", password=PASSWORD[::-1])
    await ravi.sign_in(PASSWORD[::-1])
    assert ravi.path == "/app"


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"first_name": ""}, "Enter a first name."),
        ({"email": "nobody"}, "Enter an address such as"),
        ({"email": "asha.rao@example.com"}, "Another user has this address."),
        ({"role": "King"}, "Choose a role."),
        ({"manager": UNKNOWN}, "Choose another user"),
        ({"password": "short"}, "at least 10 characters"),
    ],
)
async def test_a_wrong_user_is_told_beside_the_control(
    browser: Browser, world: World, sent: dict[str, str], said: str
) -> None:
    before = await world.count("app_user")
    await browser.get("/app/settings/users/new")
    whole = {"first_name": "Ravi", "email": "ravi.k@example.com", "role": "Sales_User", **sent}
    await browser.send("/app/settings/users/new", **whole)
    assert browser.response.status_code == 422
    assert said in browser.text
    assert await world.count("app_user") == before


async def test_nobody_locks_themselves_out(browser: Browser, world: World) -> None:
    me = (await now_of(world)).users_by_email[browser.email]
    await browser.get(f"/app/settings/users/{me.id}")
    await browser.send(f"/app/settings/users/{me.id}", first_name="Me", role="Sales_User")
    assert browser.response.status_code == 422
    await browser.send(f"/app/settings/users/{me.id}/active", on="0")
    assert browser.response.status_code == 422
    me = (await now_of(world)).users[me.id]
    assert (me.role, me.active) == ("Administrator", True)


# keys and the limit ------------------------------------------------------------------------------------------------


async def test_a_secret_is_shown_once_and_the_key_works(browser: Browser, world: World) -> None:
    await browser.get("/app/settings/api/keys/new")
    await browser.send("/app/settings/api/keys/new", name="Zapier", user=world.user_id)
    access_key, secret = re.findall(r'aria-label="(?:Access|Secret) key"><code>([^<]+)', browser.text)
    made = (await now_of(world)).keys[access_key]
    assert made.matches(secret)
    assert made.user_id == world.user_id
    await browser.get(browser.path)
    assert secret not in browser.text
    await browser.get("/app/settings/api")
    assert access_key in browser.text
    assert secret not in browser.text
    await browser.send("/app/settings/api/keys/active", key=access_key, on="0")
    assert "The key is disabled" in browser.text
    assert not (await now_of(world)).keys[access_key].active
    await browser.send("/app/settings/api/keys/active", key=access_key, on="1")
    assert (await now_of(world)).keys[access_key].active


async def test_the_button_that_asks_sends_what_it_is_about(browser: Browser, world: World) -> None:
    await browser.get("/app/settings/api")
    forms = re.findall(r"<form [^>]*/api/keys/active.*?</form>", browser.text, re.DOTALL)
    sent = [dict(re.findall(r'name="(\w+)" value="([^"]*)"', form)) for form in forms]
    assert {(one["key"], one["on"]) for one in sent} == {(key, "0") for key in (await now_of(world)).keys}


async def test_a_key_is_made_for_an_active_user_only(browser: Browser, world: World) -> None:
    before = await world.count("api_key")
    await browser.get("/app/settings/api/keys/new")
    await browser.send("/app/settings/api/keys/new", name="Zapier", user=UNKNOWN)
    assert browser.response.status_code == 422
    assert await world.count("api_key") == before


async def test_an_async_key_is_shown_once(browser: Browser, world: World) -> None:
    await browser.get("/app/settings/api")
    assert "No async key yet" in browser.text
    await browser.get("/app/settings/api/async-keys/new")
    await browser.send("/app/settings/api/async-keys/new", name="Import")
    [key] = re.findall(r'aria-label="x-api-key"><code>([^<]+)', browser.text)
    digest = hashlib.sha256(key.encode()).hexdigest()
    found = await world.db.fetchrow(
        "select org_id, id::text as id from directory where kind = 'async_key' and value = $1", digest
    )
    assert found["org_id"] == world.org_id
    assert (await now_of(world)).async_keys == {found["id"]}
    await browser.get("/app/settings/api")
    assert found["id"] in browser.text
    assert key not in browser.text
    await browser.send(f"/app/settings/api/async-keys/{found['id']}/active", on="0")
    assert not (await now_of(world)).async_keys
    await browser.send(f"/app/settings/api/async-keys/{found['id']}/active", on="1")
    assert (await now_of(world)).async_keys == {found["id"]}


async def test_keys_of_another_organisation_are_not_there(
    browser: Browser, strange: Callable[..., Browser], worlds: Worlds
) -> None:
    other = await worlds.copy()
    theirs = strange(await entitled(other))
    await theirs.sign_in()
    await theirs.send("/app/settings/api/async-keys/new", name="Import")
    [async_key] = (await now_of(other)).async_keys
    await browser.get("/app/settings/api")
    assert other.access_key not in browser.text
    assert async_key not in browser.text
    await browser.send("/app/settings/api/keys/active", key=other.access_key, on="0")
    assert browser.response.status_code == 404
    await browser.get("/app/settings/api")
    await browser.send(f"/app/settings/api/async-keys/{async_key}/active", on="0")
    assert browser.response.status_code == 404
    defs = await now_of(other)
    assert defs.keys[other.access_key].active
    assert defs.async_keys == {async_key}


async def test_products_and_users_of_another_organisation_are_not_there(
    browser: Browser, strange: Callable[..., Browser], worlds: Worlds
) -> None:
    other = await worlds.copy()
    theirs = strange(await entitled(other))
    await theirs.sign_in()
    await theirs.send("/app/settings/products/new", sku="T-1", name="Theirs")
    [product] = (await now_of(other)).products
    user = (await now_of(other)).users_by_email[theirs.email].id
    for path in (f"/app/settings/products/{product}", f"/app/settings/users/{user}"):
        assert (await browser.get(path)).status_code == 404
        await browser.send(path, sku="MINE", name="Mine", first_name="Mine", role="Sales_User")
        assert browser.response.status_code == 404
    assert (await now_of(other)).products[product].name == "Theirs"


async def test_the_limit_of_the_organisation_is_set(browser: Browser, world: World) -> None:
    await browser.get("/app/settings/api")
    await browser.send("/app/settings/api/limit", mode="own", calls="40", seconds="10")
    assert (await now_of(world)).setting("rate_limit") == "40/10s"
    assert 'value="40"' in browser.text
    await browser.send("/app/settings/api/limit", mode="own", calls="0", seconds="many")
    assert browser.response.status_code == 422
    assert browser.text.count("Enter a whole number from 1 to") == 2
    await browser.send("/app/settings/api/limit", mode="off")
    assert (await now_of(world)).setting("rate_limit") == "off"
    await browser.send("/app/settings/api/limit", mode="server")
    assert (await now_of(world)).setting("rate_limit") is None


# what somebody wrote is text ---------------------------------------------------------------------------------------


async def test_what_is_written_is_text_wherever_it_is_shown(browser: Browser, world: World) -> None:
    new = "/app/settings/activities/new"
    await browser.get(new)
    await browser.send(new, name=NASTY, description=NASTY, code="160")
    await browser.send(
        "/app/settings/activities/160/fields/new", display_name=NASTY, kind="select", options=NASTY
    )
    await browser.send(
        "/app/settings/activities/160/fields/new",
        display_name=f"{NASTY} below",
        kind="select",
        options=NASTY,
        parent="mx_Custom_1",
    )
    await browser.send("/app/settings/products/new", sku=NASTY, name=NASTY, description=NASTY)
    email = f"nasty.{world.org_id}@example.com"
    await browser.send(
        "/app/settings/users/new", first_name=NASTY, email=email, role="Sales_User", phone=NASTY
    )
    defs = await now_of(world)
    [product], user = defs.products, defs.users_by_email[email].id
    pages = (
        "/app/settings/activities",
        "/app/settings/activities/160",
        "/app/settings/activities/160/fields/new",
        "/app/settings/activities/160/fields/mx_Custom_1",
        "/app/settings/activities/160/fields/mx_Custom_2",
        "/app/settings/products",
        f"/app/settings/products?q={NASTY}",
        f"/app/settings/lead-fields?q={NASTY}",
        f"/app/settings/users?q={NASTY}",
        f"/app/settings/products/{product}",
        f"/app/settings/users/{user}",
        "/app/settings/api/keys/new",
    )
    for path in pages:
        assert (await browser.get(path)).status_code == 200, path
        assert "&lt;script&gt;alert" in browser.text, path
        assert "<script>alert" not in browser.text, path
        assert "<img src=x" not in browser.text, path


# what is made here counts for callers of the API at once --------------------------------------------------------------


async def test_callers_see_what_is_made_here(browser: Browser, client: Client) -> None:
    new = "/app/settings/activities/206/fields/new"
    await browser.get(new)
    await browser.send(new, display_name="Outcome", kind="select", mandatory="1", options="Done\nOpen")
    found = await client.get("/v2/ProspectActivity.svc/CustomActivity/GetActivitySetting", code="206")
    field = next(field for field in found["Fields"] if field["SchemaName"] == "mx_Custom_2")
    assert (field["DisplayName"], field["DataType"], field["IsMandatory"]) == (
        "Outcome",
        "SearchableDropdown",
        True,
    )
    assert [option["Value"] for option in json.loads(field["OptionSet"])] == ["Done", "Open"]
    await browser.get("/app/settings/lead-fields/new")
    await browser.send("/app/settings/lead-fields/new", display_name="Hired On", kind="date")
    [field] = await client.get("/v2/LeadManagement.svc/LeadsMetaData.Get", schemaName="mx_Hired_On")
    assert (field["DataType"], field["RenderTypeTextValue"]) == ("Date", "Date")


async def test_a_key_that_is_switched_off_is_refused(browser: Browser, client: Client, world: World) -> None:
    users = "/v2/UserManagement.svc/Users.Get"
    assert (await client.send("GET", users)).status_code == 200
    await browser.get("/app/settings/api")
    await browser.send("/app/settings/api/keys/active", key=world.access_key, on="0")
    assert (await client.send("GET", users)).status_code == 401
    await browser.send("/app/settings/api/keys/active", key=world.access_key, on="1")
    assert (await client.send("GET", users)).status_code == 200


async def test_the_limit_counts_for_callers(browser: Browser, client: Client) -> None:
    await browser.get("/app/settings/api")
    await browser.send("/app/settings/api/limit", mode="own", calls="1", seconds="60")
    users = "/v2/UserManagement.svc/Users.Get"
    assert (await client.send("GET", users)).status_code == 200
    assert (await client.send("GET", users)).status_code == 429
