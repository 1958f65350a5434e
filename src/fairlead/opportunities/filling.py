"""Filling the blanks of an opportunity with what was sent for one that it repeats (UpdateEmptyFields)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.activities.drafts import NOTE, Draft
from fairlead.fields.errors import NotAnOption
from fairlead.fields.model import Field
from fairlead.fields.values import check_dependent, parse_members
from fairlead.records.rows import Activity
from fairlead.wire.operation import Call


def only_blanks(call: Call[Any, Any], draft: Draft, found: Activity) -> None:
    """Leave in a draft what the opportunity has no value in.

    Vendor: silent on an option that does not go together with what is stored; the field stays blank, and that is
    noticed.
    """
    kept = {NOTE: found.note, "Status": found.status, "Owner": found.owner_id}
    blank = {name: value for name, value in draft.values.items() if found.fields.get(name) is None}
    stored = found.fields | kept
    draft.values = _fitting(call, draft, draft.type.fields, blank, stored)
    draft.sets = {
        name: (field, members)
        for name, (field, sent) in draft.sets.items()
        if (members := _members(call, draft, field, sent, found.fields.get(name)))
    }
    draft.sent -= {name for name, value in kept.items() if value is not None}
    draft.sent &= {*draft.values, *draft.sets, *kept}
    if "Status" not in draft.sent:
        draft.status = None


def _members(
    call: Call[Any, Any], draft: Draft, field: Field, sent: list[tuple[str, Any]], stored: object
) -> list[tuple[str, Any]]:
    """The members sent of a field set that have no value in it and go together with those that have."""
    before = stored if isinstance(stored, dict) else {}
    blank = [(name, raw) for name, raw in sent if before.get(name) is None]
    values = parse_members(field, blank, None, call.defs.loose) or {}
    fits = _fitting(call, draft, field.members_by_name, values, before, within=f"{field.name}~")
    return [(name, raw) for name, raw in blank if name in fits]


def _fitting(
    call: Call[Any, Any],
    draft: Draft,
    fields: Mapping[str, Field],
    blank: Mapping[str, Any],
    stored: Mapping[str, Any],
    *,
    within: str = "",
) -> dict[str, Any]:
    """The values for blanks without those that make an option stand under a parent's value that does not allow it."""
    fits = dict(blank)
    while draft.strict and (name := _misfit(fields, fits, {**stored, **fits})) is not None:
        # What depends on it, if it is to be filled too, is looked at once more.
        del fits[name]
        call.notice("blank-kept", within + name)
    return fits


def _misfit(fields: Mapping[str, Field], filled: Mapping[str, Any], after: Mapping[str, Any]) -> str | None:
    """A drop-down among those filled that does not allow what depends on it, or is not allowed itself."""
    for field in fields.values():
        if field.name in filled or field.parent in filled:
            try:
                check_dependent(field, after.get(field.name), after.get(field.parent or ""))
            except NotAnOption:
                return field.name if field.name in filled else field.parent
    return None
