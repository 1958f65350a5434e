"""Reads contract files: exchanges with the vendor's API in plain text (the format: tests/contract/README.md).

Here: the parser, filling in placeholders, and comparing an answer with what the file promises.
Not here: anything about a server. Whoever runs the exchanges brings the records and sends the requests.
"""

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EVIDENCE = ("doc", "live", "client", "decided")
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD")

NAME = r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+"
PLACEHOLDER = re.compile(rf"\{{({NAME})\}}")
PARTS = re.compile(rf"(\{{{NAME}\}}|…)")
TITLE = re.compile(r"### (?P<title>.*\S)\s+\[(?P<evidence>[a-z]+)\]")
STATUS = re.compile(r"HTTP/1\.1 (?P<status>[1-5]\d\d)")
HEADER = re.compile(r"(?P<name>[A-Za-z0-9-]+):\s*(?P<value>.*)")
ID_NAME = re.compile(r"[a-z][a-z0-9_]*\.\d+")

GUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
NUMBER = r"-?\d+(?:\.\d+)?"
SHAPES = {"id": "a GUID", "code": "digits", "text": "some text"}
TIMES = re.compile(r"(.?)×(\d+)")
"""`[{…}, "×26"]` in a request: the element 26 times; `"x×201"`: a text of 201 times this character."""
LONGEST_SHOWN = 300


class MalformedFile(ValueError):
    """A contract file breaks its format. The message starts with file and line."""


class MissingValue(LookupError):
    """A placeholder stands in a request and nobody said which value it has."""


@dataclass(frozen=True)
class Exchange:
    """One request and the answer the vendor gives to it."""

    title: str
    evidence: str
    """Where the answer is known from: one of EVIDENCE."""
    note: str
    partial: bool
    """The answer may hold more members and list elements than are written."""
    given: tuple[str, ...]
    """Names of the placeholders in the request, in order, each once."""
    state: tuple[str, ...]
    """Words of the `# given:` lines: records and states that the request does not name."""
    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: Any | None
    body_text: str
    """The body as written; "" if there is none."""
    status: int
    response_headers: dict[str, str]
    response: Any
    line: int
    """Line of the title, for messages."""


# --- reading ---


def read(path: Path) -> list[Exchange]:
    """The exchanges of one file, in order. A file that breaks the format raises MalformedFile."""
    lines = path.read_text(encoding="utf-8").splitlines()
    starts = [number for number, text in enumerate(lines) if text.startswith("###")]
    if not starts:
        raise MalformedFile(f"{path}:1: no exchange: a line '### title [evidence]' is missing")
    for number, text in enumerate(lines[: starts[0]]):
        if text.strip() and not text.startswith("# "):
            raise MalformedFile(f"{path}:{number + 1}: only '# ' comments may stand before an exchange")
    exchanges: list[Exchange] = []
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        exchange = _Reader(path, lines, start, end).exchange()
        if any(exchange.title == earlier.title for earlier in exchanges):
            raise MalformedFile(f"{path}:{start + 1}: a second exchange is called {exchange.title!r}")
        exchanges.append(exchange)
    return exchanges


def all_exchanges(root: Path) -> list[tuple[str, str, Exchange]]:
    """Every exchange under `root` as (family, page, exchange), sorted by family and page."""
    paths = sorted(root.glob("*/*.http"))
    return [(path.parent.name, path.stem, exchange) for path in paths for exchange in read(path)]


class _Reader:
    """Walks over the lines of one exchange; `at` is the next line."""

    def __init__(self, path: Path, lines: list[str], start: int, end: int) -> None:
        self.path, self.lines, self.start, self.end = path, lines, start, end
        self.at = start

    def exchange(self) -> Exchange:
        title = TITLE.fullmatch(self.lines[self.start].rstrip())
        if title is None or title["evidence"] not in EVIDENCE:
            raise self.error(f"expected '### title [{' | '.join(EVIDENCE)}]'")
        self.at += 1
        note, partial, state = self.directives()
        method, path, query = self.request_line()
        headers = self.headers()
        body, body_text = self.request_body(headers)
        status = STATUS.fullmatch(self.lines[self.at].rstrip())
        if status is None:
            raise self.error("expected 'HTTP/1.1 <status>'")
        self.at += 1
        response_headers = self.headers()
        first = self.at
        text = self.text_until(self.end)
        if not text:
            raise self.error("the answer has no JSON", line=self.end - 1)
        return Exchange(
            title=title["title"],
            evidence=title["evidence"],
            note=note,
            partial=partial,
            given=tuple(dict.fromkeys(PLACEHOLDER.findall(f"{path} {query} {headers} {body_text}"))),
            state=state,
            method=method,
            path=path,
            query=query,
            headers=headers,
            body=body,
            body_text=body_text,
            status=int(status["status"]),
            response_headers=response_headers,
            response=self.json(text, first),
            line=self.start + 1,
        )

    def directives(self) -> tuple[str, bool, tuple[str, ...]]:
        notes: list[str] = []
        partial = False
        state: list[str] = []
        while self.at < self.end and self.lines[self.at].startswith("#"):
            text = self.lines[self.at].rstrip()
            if text.startswith("# note: "):
                notes.append(text.removeprefix("# note: ").strip())
            elif text == "# partial":
                partial = True
            elif text.startswith("# given: "):
                try:
                    state += shlex.split(text.removeprefix("# given: "))
                except ValueError as wrong:
                    raise self.error(f"cannot read the words of '# given:': {wrong}") from wrong
            else:
                raise self.error("expected '# note: …', '# given: …' or '# partial'")
            self.at += 1
        return " ".join(notes), partial, tuple(state)

    def request_line(self) -> tuple[str, str, list[tuple[str, str]]]:
        line = self.lines[self.at].rstrip() if self.at < self.end else ""
        method, _, target = line.partition(" ")
        path, question, query_text = target.partition("?")
        if method not in METHODS or not path.startswith("/") or " " in path:
            raise self.error("expected '<METHOD> /path?name=value'")
        query = []
        for pair in query_text.split("&") if question else []:
            name, equals, value = pair.partition("=")
            if not name or not equals:
                raise self.error(f"expected 'name=value' in the query, got {pair!r}")
            query.append((name, value))
        self.at += 1
        return method, path, query

    def headers(self) -> dict[str, str]:
        found: dict[str, str] = {}
        while self.at < self.end and (line := self.lines[self.at].strip()):
            header = HEADER.fullmatch(line)
            if header is None:
                if line[0] in '{["' or STATUS.fullmatch(line):
                    break
                raise self.error("expected a header 'Name: value' or an empty line")
            found[header["name"]] = header["value"]
            self.at += 1
        return found

    def request_body(self, headers: dict[str, str]) -> tuple[Any | None, str]:
        """The body, leaving `at` on the status line. Text of another type than JSON is not parsed."""
        first = self.at
        for status_line in range(first, self.end):
            if self.lines[status_line].startswith("HTTP/"):
                break
        else:
            raise self.error("the exchange has no line 'HTTP/1.1 <status>'", line=self.start)
        text = self.text_until(status_line)
        kind = {name.lower(): value for name, value in headers.items()}.get("content-type", "json")
        if not text or "json" not in kind:
            return None, text
        body = self.json(text, first)
        if TIMES.search(text):
            body = _many_times(body)
            text = json.dumps(body, ensure_ascii=False)
        return body, text

    def text_until(self, end: int) -> str:
        text = "\n".join(self.lines[self.at : end]).strip()
        self.at = end
        return text

    def json(self, text: str, first: int) -> Any:
        while not self.lines[first].strip():
            first += 1
        try:
            return json.loads(text, object_pairs_hook=_no_member_twice)
        except json.JSONDecodeError as wrong:
            line = first + wrong.lineno - 1
            raise self.error(f"not JSON: {wrong.msg} (column {wrong.colno})", line=line) from wrong
        except ValueError as wrong:
            raise self.error(str(wrong), line=first) from wrong

    def error(self, what: str, *, line: int | None = None) -> MalformedFile:
        at = min(self.at if line is None else line, len(self.lines) - 1)
        return MalformedFile(f"{self.path}:{at + 1}: {what}")


def _many_times(value: Any) -> Any:
    """The value with each list `[element, "×26"]` as 26 elements, each text `x×201` as 201 characters."""
    match value:
        case dict():
            return {name: _many_times(member) for name, member in value.items()}
        case [one, str(last)] if (times := TIMES.fullmatch(last)) and not times[1]:
            return [_many_times(one)] * int(times[2])
        case list():
            return [_many_times(element) for element in value]
        case str() if (times := TIMES.fullmatch(value)) and times[1]:
            return times[1] * int(times[2])
        case _:
            return value


def _no_member_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the member {twice!r} is written twice")
    return members


# --- refusals ---


def refusals(answer: Any) -> list[tuple[str, str]]:
    """The errors in an answer, its own and those of its rows: exception type and message."""
    match answer:
        case {"ExceptionType": str(kind), **more}:
            return [(kind, str(more.get("ExceptionMessage", more.get("ErrorMessage"))))]
        case dict():
            return [error for member in answer.values() for error in refusals(member)]
        case list():
            return [error for element in answer for error in refusals(element)]
        case _:
            return []


def refused(exchange: Exchange) -> bool:
    """True when nothing of the request was done: an error, or a result in which every row is one."""
    if exchange.status != 200:
        return True
    match exchange.response:
        case {"Response": list(rows)} | list(rows):
            return bool(rows) and all(refusals(row) for row in rows)
        case {"Status": {"SuccessCount": int(done)}}:
            return done == 0
        case answer:
            return bool(refusals(answer))


# --- filling ---


def fill(template: Any, values: dict[str, str]) -> Any:
    """`template` (text or nested JSON) with the values of its placeholders. MissingValue if one has none."""
    match template:
        case str():
            return PLACEHOLDER.sub(lambda found: _value(found[1], template, values), template)
        case dict():
            return {name: fill(member, values) for name, member in template.items()}
        case list() | tuple():
            return type(template)(fill(element, values) for element in template)
        case _:
            return template


def _value(name: str, template: str, values: dict[str, str]) -> str:
    if name not in values:
        known = ", ".join(sorted(values)) or "none"
        raise MissingValue(f"no value for {{{name}}} in {template!r}; known: {known}")
    return values[name]


# --- comparing ---


def match(expected: Any, actual: Any, values: dict[str, str], *, partial: bool) -> list[str]:
    """How `actual` differs from `expected`, one sentence per difference; none = it is as promised.

    Placeholders without a value take the one they meet first; it is added to `values`. `…` matches any text.
    Unless `partial`, objects have exactly these members in this order, and lists exactly these elements.
    """
    return _match(expected, actual, values, partial, "reply")


def _match(expected: Any, actual: Any, values: dict[str, str], partial: bool, at: str) -> list[str]:
    match expected:
        case dict() if isinstance(actual, dict):
            return _match_object(expected, actual, values, partial, at)
        case list() if isinstance(actual, list):
            compare = _match_part if partial else _match_list
            return compare(expected, actual, values, at)
        case str():
            return _match_text(expected, actual, values, at)
        case _ if type(expected) is type(actual) and expected == actual:
            return []
        case _:
            return [f"{at}: expected {_shown(expected)}, got {_shown(actual)}"]


def _match_object(
    expected: dict[str, Any], actual: dict[str, Any], values: dict[str, str], partial: bool, at: str
) -> list[str]:
    missing = [name for name in expected if name not in actual]
    extra = [name for name in actual if name not in expected]
    found = [f"{at}.{name}: expected {_shown(expected[name])}, got nothing" for name in missing]
    if not partial:
        found += [f"{at}.{name}: expected nothing, got {_shown(actual[name])}" for name in extra]
        if not found and list(expected) != list(actual):
            found.append(f"{at}: expected the order {', '.join(expected)}, got {', '.join(actual)}")
    for name, member in expected.items():
        if name in actual:
            found += _match(member, actual[name], values, partial, f"{at}.{name}")
    return found


def _match_list(expected: list[Any], actual: list[Any], values: dict[str, str], at: str) -> list[str]:
    wrong = f"{at}: expected {len(expected)} elements, got {len(actual)}"
    found = [wrong] if len(expected) != len(actual) else []
    for index, (one, other) in enumerate(zip(expected, actual, strict=False)):
        found += _match(one, other, values, False, f"{at}[{index}]")
    return found


def _match_part(expected: list[Any], actual: list[Any], values: dict[str, str], at: str) -> list[str]:
    """Each expected element must be there, in this order; others may stand before, between and after."""
    found: list[str] = []
    free = 0
    for index, element in enumerate(expected):
        nearest: list[str] | None = None
        for position in range(free, len(actual)):
            attempt = dict(values)
            differences = _match(element, actual[position], attempt, True, f"{at}[{position}]")
            if not differences:
                values |= attempt
                free = position + 1
                break
            if nearest is None or len(differences) < len(nearest):
                nearest = differences
        else:
            why = f"; nearest: {'; '.join(nearest)}" if nearest else ""
            found.append(f"{at}: expected element {index} {_shown(element)} is not there{why}")
    return found


def _match_text(template: str, actual: Any, values: dict[str, str], at: str) -> list[str]:
    whole = PLACEHOLDER.fullmatch(template)
    if whole and _kind(whole[1]) == "number":
        return _match_number(whole[1], actual, values, at)
    if not isinstance(actual, str):
        return [f"{at}: expected {_shown(_filled(template, values))}, got {_shown(actual)}"]
    groups: dict[str, str] = {}
    text = re.fullmatch(_pattern(template, values, groups), actual, re.DOTALL)
    if text is None:
        return [f"{at}: expected {_wanted(template, values)}, got {_shown(actual)}"]
    found = []
    for name, group in groups.items():
        twin = _twin(name, text[group], values)
        if twin:
            found.append(f"{at}: expected a new id for {{{name}}}, got that of {{{twin}}}")
        else:
            values[name] = text[group]
    return found


def _match_number(name: str, actual: Any, values: dict[str, str], at: str) -> list[str]:
    if isinstance(actual, bool) or not isinstance(actual, int | float):
        return [f"{at}: expected a number for {{{name}}}, got {_shown(actual)}"]
    if values.setdefault(name, json.dumps(actual)) != json.dumps(actual):
        return [f"{at}: expected {values[name]} for {{{name}}}, got {_shown(actual)}"]
    return []


def _pattern(template: str, values: dict[str, str], groups: dict[str, str]) -> str:
    """A regular expression for `template`; notes in `groups` which group holds which new placeholder."""
    pattern = ""
    for part in PARTS.split(template):
        name = part[1:-1]
        if part == "…":
            pattern += ".*"
        elif not PLACEHOLDER.fullmatch(part):
            pattern += re.escape(part)
        elif name in values:
            pattern += re.escape(values[name])
        elif name in groups:
            pattern += f"(?P={groups[name]})"
        else:
            groups[name] = f"p{len(groups)}"
            pattern += f"(?P<{groups[name]}>{_shape(name)})"
    return pattern


def _kind(name: str) -> str:
    """`number` and `code` are figures, `{lead.1}` is an id, everything longer is text."""
    if name.startswith(("number.", "code.")):
        return name.partition(".")[0]
    return "id" if ID_NAME.fullmatch(name) else "text"


def _shape(name: str) -> str:
    return {"number": NUMBER, "code": r"\d+", "id": GUID, "text": ".+?"}[_kind(name)]


def _twin(name: str, value: str, values: dict[str, str]) -> str | None:
    """Another id that already has this value: two ids of one exchange are never the same."""
    if _kind(name) != "id":
        return None
    return next((other for other in values if _kind(other) == "id" and values[other] == value), None)


def _wanted(template: str, values: dict[str, str]) -> str:
    whole = PLACEHOLDER.fullmatch(template)
    if whole and whole[1] not in values:
        return f"{SHAPES[_kind(whole[1])]} for {template}"
    return _shown(_filled(template, values))


def _filled(template: str, values: dict[str, str]) -> str:
    return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), template)


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
