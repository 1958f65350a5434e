"""Reading requests: query strings, content types, bodies with members that nobody knows."""

from __future__ import annotations

import pytest

from fairlead.errors import BadRequest
from fairlead.wire.decode import Reader, check_content_type, query_of
from fairlead.wire.operation import Body
from fairlead.wire.types import Pair


class Thing(Body):
    """A body."""

    Name: str | None = None
    Pairs: list[Pair] | None = None


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b"", {}),
        (b"&&", {"": ""}),
        (b"leadId=1&LeadID=2", {"leadid": "1"}),
        (b"accessKey=u$r1&secretKey=2", {"accesskey": "u$r1", "secretkey": "2"}),
        (b"accessKey=u%24r1", {"accesskey": "u$r1"}),
        (b"a=b+c%2Bd", {"a": "b c+d"}),
        (b"a=b=c", {"a": "b=c"}),
        (b"a", {"a": ""}),
        ("a=ü".encode("latin-1"), {"a": "ü"}),
        (b"a=%C3%BC", {"a": "ü"}),
        (b"a=%zz", {"a": "%zz"}),
    ],
)
def test_query(raw: bytes, found: dict[str, str]) -> None:
    assert query_of(raw) == found


@pytest.mark.parametrize(
    "kind", ["", "application/json", "APPLICATION/JSON;charset=x", "text/json", "a/b+json"]
)
def test_json_by_any_name(kind: str) -> None:
    check_content_type(kind)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/jsonx", "json", "application/x-www-form-urlencoded"]
)
def test_other_types(kind: str) -> None:
    with pytest.raises(BadRequest, match="is not JSON"):
        check_content_type(kind)


def test_unknown_members_are_left_out_and_noticed() -> None:
    body, notices = Reader(Thing, optional=False).read(
        b'\xef\xbb\xbf {"Name":"n","name":"x","Pairs":[{"Attribute":"A","Value":1,"Odd":{}}]} '
    )
    assert body.Name == "n"
    assert body.Pairs[0].name == "A"
    assert notices == [("unknown-member", "name"), ("unknown-member", "Pairs.Odd")]


def test_notices_are_few_and_short() -> None:
    many = b"{" + b",".join(b'"%s%d":1' % (b"x" * 500, n) for n in range(500)) + b"}"
    _, notices = Reader(Thing, optional=False).read(many)
    assert len(notices) == 20
    assert all(len(detail) <= 100 for _, detail in notices)
