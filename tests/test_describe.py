"""The description of the API: a valid document, schemas as strict as promised, pages and coverage."""

from __future__ import annotations

import ast
import asyncio
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import httpx
import jsonschema_rs
import msgspec
import pytest
from click.testing import CliRunner
from schemathesis.specs.openapi.definitions import OPENAPI_31

from fairlead.app import Application, registry
from fairlead.settings import Settings
from fairlead.wire.describe import __main__ as command
from fairlead.wire.describe import coverage, failures, openapi, options, pages, queued, shapes
from fairlead.wire.operation import Body, Call, Query, Queued, Registry, operations
from fairlead.wire.types import Done, Id, Pair

SOURCE = Path(command.__file__).parents[2]
own, read, write = operations()


def sample(function: Any) -> Any:
    """Make the function one of the family `samples`."""
    function.__module__ = "fairlead.samples.api"
    return function


class Which(Query):
    leadId: str  # noqa: N815 - the spelling of the wire
    page: str | None = None


class Asked(Body):
    """What is asked."""

    Name: str
    Pairs: list[Pair] | None = None


class Line(msgspec.Struct, omit_defaults=True):
    """A line."""

    Number: int
    Price: Decimal
    Note: str | None = None


class Found(msgspec.Struct):
    RecordCount: int
    List: list[Line] | None
    Kind: Literal["a", "b"] = "a"


class Nothing(msgspec.Struct):
    Message: str


@read("GET /LeadManagement.svc/Leads.GetById", page="get-lead-by-id")
@sample
async def by_id(call: Call[Which, None], db: Any) -> list[dict[str, str | None]]:
    """Get a Lead by Id.

    All its fields.
    """
    return []


@read(
    "POST /ProspectActivity.svc/Create",
    page=("post-an-activity-to-lead", "post-an-activity-on-an-opportunity"),
)
@sample
async def post(call: Call[None, Asked], db: Any) -> Found | Nothing:
    """Post an Activity on a Lead."""
    return Nothing("")


@write(
    "POST /LeadManagement.svc/Lead.Capture",
    page="capture-lead",
    queued=Queued("/lead/capture", "Lead Capture", "RequestId", lambda query, body: None),
)
@sample
async def capture(call: Call[None, list[Pair]], db: Any) -> Done[Id]:
    """Capture a Lead."""
    return Done(Message=Id(""))


@write(
    "POST /LeadManagement.svc/Lead.Update",
    page="update-a-lead",
    queued=Queued("/lead/update", "Lead Update", "RequestID", lambda query, body: None),
)
@sample
async def update(call: Call[Which, list[Pair]], db: Any) -> Done[Id]:
    """Update a Lead."""
    return Done(Message=Id(""))


@write("GET /Task.svc/MarkComplete", page="mark-a-task-complete", admin=True)
@sample
async def complete(call: Call[None, None], db: Any) -> Done[Id]:
    """Mark a Task Complete."""
    return Done(Message=Id(""))


def schema_of(document: dict[str, Any], schema: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
    """A validator for a schema of the document, references resolved."""
    return jsonschema_rs.Draft202012Validator(schema | {"components": document["components"]})


def reply_schema(document: dict[str, Any], path: str, verb: str) -> jsonschema_rs.Draft202012Validator:
    """A validator for the 200 answer of an operation."""
    found = document["paths"][path][verb]["responses"]["200"]["content"]["application/json"]["schema"]
    return schema_of(document, found)


# The document


@pytest.mark.parametrize("some", [own, registry()], ids=["samples", "all"])
def test_the_document_is_openapi_3_1_with_sound_schemas(some: Registry) -> None:
    document = openapi.document(some)
    jsonschema_rs.Draft202012Validator(OPENAPI_31).validate(document)
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema)
    unresolved = {ref for ref in references(document) if ref not in addresses(document)}
    assert not unresolved


def references(value: Any) -> set[str]:
    if isinstance(value, list):
        return set().union(*map(references, value))
    if isinstance(value, dict):
        own_ref = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own_ref.union(*map(references, value.values()))
    return set()


def addresses(document: dict[str, Any]) -> set[str]:
    return {f"#/components/{kind}/{name}" for kind, some in document["components"].items() for name in some}


def test_every_operation_is_described_once_with_its_types() -> None:
    some = registry()
    document = openapi.document(some)
    described = [op for verbs in document["paths"].values() for op in verbs.values()]
    assert len(described) == len(queued.described(some)) >= len(some.all())
    assert len({op["operationId"] for op in described}) == len(described)
    for op in described:
        assert op["summary"], op
        assert op["responses"]["200"]["content"]["application/json"]["schema"] != {}, op["operationId"]
        assert {"400", "401", "403", "404", "405", "429", "500"} < set(op["responses"])


def test_bodies_are_as_open_as_the_server_and_replies_exact() -> None:
    document = openapi.document(own)
    asked = document["paths"]["/v2/ProspectActivity.svc/Create"]["post"]["requestBody"]["content"][
        "application/json"
    ]
    assert schema_of(document, asked["schema"]).is_valid({"Name": "a", "Nope": 1, "Pairs": [{"Nope": 2}]})
    reply = reply_schema(document, "/v2/ProspectActivity.svc/Create", "post")
    good = {"RecordCount": 1, "List": [{"Number": 1, "Price": 1.5}], "Kind": "a"}
    assert reply.is_valid(good)
    assert reply.is_valid({"Message": "none"})
    assert not reply.is_valid(good | {"More": 1})
    assert not reply.is_valid({"RecordCount": 1, "List": None})
    assert not reply.is_valid(good | {"List": [{"Number": 1, "Price": "1.50"}]})
    assert not reply.is_valid(good | {"List": [{"Number": 1, "Price": 1, "Note": None}]})


def test_query_parameters_are_texts_that_may_be_absent() -> None:
    document = openapi.document(own)
    assert document["paths"]["/v2/LeadManagement.svc/Leads.GetById"]["get"]["parameters"] == [
        {"name": "leadId", "in": "query", "required": True, "schema": {"type": "string"}},
        {"name": "page", "in": "query", "required": False, "schema": {"type": "string"}},
    ]


def test_queued_operations_have_submit_status_and_metrics_with_their_own_keys() -> None:
    document = openapi.document(own)
    submit = document["paths"]["/lead/update"]["post"]
    assert [sorted(some) for some in submit["security"]] == [
        ["accessKey", "asyncKey", "secretKey"],
        ["accessKeyHeader", "asyncKey", "secretKeyHeader"],
    ]
    assert document["paths"]["/lead/update/metrics"]["get"]["security"] == [{"asyncKey": []}]
    status = {
        "TaskType": "Lead Update",
        "Status": "Success",
        "StatusReason": None,
        "TaskCurrentStep": None,
        "TaskLastStep": None,
        "RequestBody": "[]",
        "Message": None,
    }
    assert reply_schema(document, "/lead/update/status", "get").is_valid(
        {"RequestID": "1", "TaskStatus": status}
    )
    assert not reply_schema(document, "/lead/update/status", "get").is_valid(
        {"RequestId": "1", "TaskStatus": status}
    )
    assert reply_schema(document, "/lead/status", "get").is_valid({"RequestId": "1", "TaskStatus": status})
    assert reply_schema(document, "/lead/status", "get").is_valid({"RequestID": "1", "TaskStatus": status})


def test_one_struct_in_a_body_and_in_a_reply_has_two_schemas() -> None:
    some, _, write_some = operations()

    @write_some("POST /Lead.svc/Echo", page="echo")
    @sample
    async def echo(call: Call[None, Pair], db: Any) -> Pair:
        """Echo."""
        return call.body

    document = openapi.document(some)
    there = document["components"]["schemas"]
    assert "additionalProperties" not in there["Pair_in"]
    assert there["Pair_in"]["properties"]["Fields"]["anyOf"][0]["items"]["$ref"].endswith("/Pair_in")
    assert there["Pair"]["additionalProperties"] is False
    assert there["Pair"]["required"] == ["Attribute", "SchemaName", "Value", "Fields"]


def test_refusals_have_the_types_of_the_error_tree() -> None:
    document = openapi.document(own)

    def accepts(name: str, body: dict[str, Any]) -> bool:
        content = document["components"]["responses"][name]["content"]["application/json"]
        return schema_of(document, content["schema"]).is_valid(body)

    body = {"Status": "Error", "ExceptionMessage": "…"}
    assert accepts("Refused", body | {"ExceptionType": "MXDuplicateEntryException", "IsMXException": True})
    fault = body | {"ExceptionType": "UnexpectedException", "IsMXException": False}
    assert accepts("Refused", fault | {"RequestId": "x"})
    assert not accepts("Refused", fault)
    assert not accepts("Refused", body | {"ExceptionType": "MXNopeException", "IsMXException": True})
    assert not accepts("NotFound", body | {"ExceptionType": "ApiNotFoundException", "IsMXException": True})


def test_every_exception_type_that_the_program_names_is_in_the_error_tree() -> None:
    known = {failure.type for failure in failures.failures()}
    named = {
        node.value: f"{path.relative_to(SOURCE)}:{node.lineno}"
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and is_type(node.value)
    }
    assert {name: where for name, where in named.items() if name not in known} == {}


def is_type(text: str) -> bool:
    return text.startswith("MX") and text.endswith("Exception") and text.isalnum()


def test_the_document_is_served_and_need_not_be_fetched_twice() -> None:
    async def fetched() -> tuple[httpx.Response, httpx.Response]:
        transport = httpx.ASGITransport(Application(Settings(), ""))
        async with httpx.AsyncClient(transport=transport, base_url="http://crm.test") as client:
            first = await client.get("/openapi.json")
            tag = first.headers["etag"]
            return first, await client.get("/openapi.json", headers={"if-none-match": tag})

    first, again = asyncio.run(fetched())
    assert first.json() == msgspec.json.decode(openapi.encoded(registry()))
    assert (again.status_code, again.content) == (304, b"")


def test_a_server_starts_without_the_description() -> None:
    code = "import sys, fairlead.app; sys.exit(any(name.startswith('fairlead.wire.describe') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# Coverage


def test_the_index_says_every_operation_once() -> None:
    rows = coverage.index()
    slugs = [page for row in rows for page in row.pages]
    assert len(slugs) == len(set(slugs))
    assert len({(row.address, row.title) for row in rows}) == len(rows)


def test_operations_tick_the_pages_they_name() -> None:
    done = {row.title for row in coverage.coverage(queued.described(own)) if row.done}
    assert done == {
        "Capture a Lead",
        "Capture Leads (Async)",
        "Capture Leads Status",
        "Get Capture Leads Metrics",
        "Update a Lead",
        "Update a Lead (Async)",
        "Update a Lead Status",
        "Get Update Lead Metrics",
        "Get a Lead by Id",
        "Post an Activity on a Lead",
        "Post an Activity on an Opportunity",
        "Mark a Task Complete",
    }


def test_no_operation_has_a_page_or_path_that_the_index_does_not_know() -> None:
    assert coverage.mistakes(registry().all()) == []


def test_typing_errors_in_pages_and_paths_are_named() -> None:
    good = own.by_path["/v2/leadmanagement.svc/leads.getbyid"]["GET"]
    wrong = [
        msgspec.structs.replace(good, pages=("get-led-by-id",)),
        msgspec.structs.replace(good, pages=("lead-delete",)),
        msgspec.structs.replace(good, path="/v2/LeadManagement.svc/Leads.GetByIt"),
        msgspec.structs.replace(good, verb="POST"),
    ]
    assert [len(coverage.mistakes([operation])) for operation in wrong] == [1, 1, 1, 1]
    assert coverage.mistakes([good]) == []


def test_a_page_known_by_its_number_has_an_address_and_a_title_has_none() -> None:
    assert coverage.addresses(
        ("post-an-activity-on-an-opportunity", "mark-a-task-complete", "lead-delete")
    ) == [
        "https://apidocs.leadsquared.com/?p=2191",
        "https://apidocs.leadsquared.com/lead-delete/",
    ]


# Pages


def test_a_page_says_who_where_and_what() -> None:
    text = pages.pages(own)["samples.md"]
    assert "`GET /v2/LeadManagement.svc/Leads.GetById`" in text
    assert "| `leadId` | required |" in text
    assert "| `Pairs[].Fields` | list of objects | like `Pairs[]` |" in text
    assert "administrators only" in text
    assert "Left out when there is nothing to say: `Note`." in text


def test_the_same_registry_gives_the_same_pages() -> None:
    assert pages.pages(registry()) == pages.pages(registry())


def test_links_between_pages_lead_somewhere() -> None:
    found = pages.pages(registry())
    for name, text in found.items():
        for target in (part.split(")")[0] for part in text.split("](")[1:]):
            page, _, heading = target.partition("#")
            if not target.startswith("https:") and heading:
                there = found[page or name]
                assert any(
                    pages.anchor(line[3:]) == heading for line in there.splitlines() if line[:3] == "## "
                ), target


def test_an_example_shows_nested_and_alternative_shapes() -> None:
    first, second = shapes.skeletons(Found | Nothing)
    assert first == {"RecordCount": 0, "List": [{"Number": 0, "Price": 0.0, "Note": "…"}], "Kind": "a"}
    assert second == {"Message": "…"}


def test_settings_name_the_twin_in_the_environment() -> None:
    text = options.settings_page()
    assert "FAIRLEAD_DATABASE_URL" in text
    assert str(Path.home()) not in text


def test_pages_are_written_checked_and_thrown_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "everything", lambda: own)
    (tmp_path / "by-hand.md").write_text("# Mine\n")
    (tmp_path / "gone.md").write_text(f"{pages.MARK}\n\n# Gone\n")
    run = CliRunner().invoke

    before = run(command.main, ["--check", "--to", str(tmp_path)])
    assert before.exit_code == 1
    assert "gone.md is out of date" in before.output
    assert "errors.md is out of date" in before.output
    assert run(command.main, ["--to", str(tmp_path)]).exit_code == 0
    assert run(command.main, ["--check", "--to", str(tmp_path)]).exit_code == 0
    assert (tmp_path / "by-hand.md").exists()
    assert not (tmp_path / "gone.md").exists()
