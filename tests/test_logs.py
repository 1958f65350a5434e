"""The log: one record a line, and nothing in it that should stay between the caller and us."""

from __future__ import annotations

import json
import logging
import sys

from fairlead.logs import JsonLines, TextLines


def record(message: str, *, error: BaseException | None = None, **extra: str) -> logging.LogRecord:
    info = (type(error), error, error.__traceback__) if error is not None else None
    made = logging.LogRecord("fairlead.http", logging.ERROR, "http.py", 1, message, None, info)
    made.__dict__ |= extra
    return made


def failure() -> BaseException:
    text = "duplicate key\nDETAIL:  Key (value)=(ada@example.com) already exists."
    try:
        raise LookupError(text)
    except LookupError:
        return sys.exc_info()[1] or LookupError()


def test_a_json_record_is_one_line_with_everything_in_it() -> None:
    line = JsonLines().format(record("request failed", error=failure(), request_id="r1"))
    assert "\n" not in line
    told = json.loads(line)
    assert list(told) == ["time", "level", "logger", "message", "request_id", "exception"]
    assert (told["level"], told["message"], told["request_id"]) == ("error", "request failed", "r1")
    assert told["exception"].endswith("LookupError: duplicate key")


def test_a_text_record_shows_the_exception_below() -> None:
    first, *below = (
        TextLines().format(record("request failed", error=failure(), request_id="r1")).splitlines()
    )
    assert first.endswith("Z ERROR   request failed request_id=r1")
    assert all(line.startswith("    ") for line in below)
    assert not any("ada@example.com" in line for line in below)


def test_a_caller_cannot_write_lines_of_their_own() -> None:
    assert TextLines().format(record("request", path="/v2\n2026 INFO")).endswith(r"path=/v2\n2026 INFO")
