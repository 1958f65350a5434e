"""`python tests/examples.py`: the examples of the reference, taken out of the contract files.

What the console shows as an example is what the tests have the server promise: of each operation the first exchange that
succeeds and the first that is refused, and the members that it says are mandatory. With `--check` it only says whether the
file is up to date.
"""

from __future__ import annotations

import json
import re
import sys
import uuid
from pathlib import Path
from typing import Any

from contract_file import PLACEHOLDER, Exchange, all_exchanges, fill, refusals, refused

CONTRACT = Path(__file__).parent / "contract"
FILE = Path(__file__).parents[1] / "src/fairlead/web/reference/examples.json"
LONGEST = 6_000
"""Characters of JSON in an example; one that tries a limit is not for reading."""

_MANDATORY = re.compile(r"'(\w+)' is mandatory")
_TEXTS = {
    "email": "asha.rao@example.com",
    "phone": "+91-9999900001",
    "mobile": "+91-9999900002",
    "name": "Asha Rao",
    "first": "Asha",
    "last": "Rao",
    "sku": "LOAN-HOME",
    "key": "x-api-key",
    "access_key": "u$r0123456789abcdef",
    "description": "Asked for a call back",
    "note": "Asked for a call back",
    "path": "https://files.example.com/1",
    "body": "{}",
    "type": "Home Visit",
    "created": "2026-03-02 09:30:00.000",
}


def sample(name: str) -> str:
    """What stands for a placeholder in the examples; the same every time. Ids look like ids."""
    kind, _, what = name.partition(".")
    number, _, part = what.partition(".")
    if part == "number" or kind == "number":
        return str(1000 + int(number)) if number.isdigit() else "1001"
    if kind == "code":
        return str(205 + int(number))
    text = _TEXTS.get(part or number)
    if text is not None:
        return text
    made = uuid.uuid5(uuid.NAMESPACE_DNS, f"{kind}.{number}.example.com").hex
    return f"0198a000-0000-7{made[:3]}-8{made[3:6]}-{made[6:18]}"


def examples() -> dict[str, dict[str, Any]]:
    """By `post /v2/…`: `query`, `body`, `reply`, `is_partial`; `refusal` with `when` and `reply`; `mandatory` names."""
    found: dict[str, dict[str, Any]] = {}
    by_address: dict[str, list[Exchange]] = {}
    for _, _, exchange in all_exchanges(CONTRACT):
        by_address.setdefault(f"{exchange.method} {exchange.path}".lower(), []).append(exchange)
    for address, exchanges in sorted(by_address.items()):
        readable = [one for one in exchanges if _is_readable(one)]
        good = min((one for one in readable if not refused(one)), key=_says_nothing, default=None)
        bad = _plainest([one for one in readable if one.status >= 400], good)
        entry: dict[str, Any] = {}
        if good is not None:
            entry |= {"query": [list(pair) for pair in good.query], "body": good.body, "reply": good.response}
            entry["is_partial"] = good.partial
        if bad is not None:
            entry["refusal"] = {"when": bad.title, "status": bad.status, "reply": bad.response}
        entry["mandatory"] = _mandatory(exchanges)
        found[address] = _filled(entry)
    return found


def _is_readable(exchange: Exchange) -> bool:
    said = json.dumps([exchange.query, exchange.body, exchange.response], ensure_ascii=False)
    own_keys = any(name.lower().startswith("x-lsq") for name in exchange.headers)
    is_json = exchange.body is not None or not exchange.body_text
    return len(said) < LONGEST and "…" not in said and not own_keys and is_json and "accessKey" not in said


def _says_nothing(exchange: Exchange) -> bool:
    """Of two, the one that finds something is the better example; else the first."""
    return not exchange.response


def _plainest(refused: list[Exchange], good: Exchange | None) -> Exchange | None:
    """A refusal for something that is missing and stands in the good call tells most people most; else the first."""
    sent = json.dumps([good.query, good.body]) if good is not None else ""

    def is_special(exchange: Exchange) -> bool:
        return not any(f'"{name}"' in sent for name in _mandatory([exchange]))

    return min(refused, key=is_special, default=None)


def _mandatory(exchanges: list[Exchange]) -> list[str]:
    """Names that a refusal says are mandatory, where nothing was stored that could be why."""
    said = [message for one in exchanges if not one.state for _, message in refusals(one.response)]
    return sorted({name for text in said for name in _MANDATORY.findall(text)})


def _filled(entry: Any) -> Any:
    names = set(PLACEHOLDER.findall(json.dumps(entry, ensure_ascii=False)))
    return _numbers(fill(entry, {name: sample(name) for name in names}), entry)


def _numbers(filled: Any, template: Any) -> Any:
    """A whole value `"{number.1}"` is a number, not a text."""
    if isinstance(template, dict):
        return {name: _numbers(filled[name], inner) for name, inner in template.items()}
    if isinstance(template, list):
        return [_numbers(one, inner) for one, inner in zip(filled, template, strict=True)]
    return int(filled) if isinstance(template, str) and re.fullmatch(r"\{number\.\w+\}", template) else filled


def text() -> str:
    """The file as it has to be."""
    lines = [
        f"{json.dumps(address)}: {json.dumps(entry, ensure_ascii=False, separators=(',', ':'))}"
        for address, entry in examples().items()
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> None:
    """Write the file, or with `--check` exit 1 when it is out of date."""
    wanted = text()
    if "--check" not in sys.argv:
        FILE.write_text(wanted, "utf-8")
    elif not FILE.exists() or FILE.read_text("utf-8") != wanted:
        print("src/fairlead/web/reference/examples.json is out of date: run `make docs`", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
