"""The form of an activity, a new one or one that is there, of a lead or of an account: its fields as controls, and back."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response

from fairlead.activities.drafts import NOTE
from fairlead.errors import ApiError, NotFound
from fairlead.fields.model import DataType, Field
from fairlead.leads.pages.timeline import Part, entry
from fairlead.orgs.definitions import RecordType
from fairlead.records.rows import Activity, Change
from fairlead.web import forms
from fairlead.web.forms import Trouble
from fairlead.web.visit import UNPROCESSABLE, Visit
from fairlead.wire.types import Pair, Scalar

AT = Field("ActivityDateTime", "When", DataType.DATETIME)
"""When it happened, as the form asks for it."""

CHANGES = 50
"""Changes of an activity that are shown, the latest ones."""


class Place(msgspec.Struct, kw_only=True):
    """Where a form stands: its address, what the activity is about, and the page of that."""

    here: str
    about: str
    back: str
    back_label: str


class Told(msgspec.Struct, kw_only=True):
    """An activity that is there: its row, what was changed about it, and what may be done besides changing it.

    `rows` are its values where it is only read: then there is no form.
    """

    activity: Activity
    happened: Part
    rows: list[tuple[str, str]] = []
    is_read: bool = False
    can_lock: bool = False
    can_delete: bool = False


def type_of(visit: Visit, code: str, kind: str) -> RecordType:
    """The type with this code, if it is of this kind and posted by hand. Raises NotFound."""
    found = visit.defs.type(int(code)) if code.isascii() and code.isdigit() and len(code) < 7 else None
    if found is None or found.kind != kind or not found.active:
        raise NotFound
    return found


def fields_of(kind: RecordType) -> list[Field]:
    """The fields that people write."""
    return [field for field in kind.fields.values() if not field.read_only]


def values_of(found: Activity) -> dict[str, Any]:
    """What is stored of an activity, by field."""
    return {NOTE: found.note, "Status": found.status, "Owner": found.owner_id, **found.fields}


def parted(pairs: list[Pair]) -> tuple[Scalar, bool, list[Pair]]:
    """What a form says as the rules take it: the note, whether it was sent, the other fields."""
    notes = [pair.Value for pair in pairs if pair.name == NOTE]
    return notes[-1] if notes else None, bool(notes), [pair for pair in pairs if pair.name != NOTE]


def told(kind: RecordType, error: ApiError) -> Trouble:
    """What is wrong with the form, in words for people."""
    found = forms.trouble(error, {**kind.fields, AT.name: AT})
    if found.field is None and "ActivityNote" in found.text:
        return Trouble("This note is too long.", NOTE)
    if found.field is None and AT.name in found.text:
        return Trouble("Enter a date and a time.", AT.name)
    return found


def stale(visit: Visit, found: Activity) -> Trouble | None:
    """Says that the activity was changed since the form was shown: what stands in the form would undo that."""
    if visit.form.get("as_of") in (None, found.modified_on.isoformat()):
        return None
    return Trouble(
        "This activity was changed while you were editing. Look over your values and save them again."
    )


def changes_of(visit: Visit, changes: list[Change]) -> Part:
    """What was changed about an activity, as it is told."""
    return Part([entry(visit, one) for one in changes], "", is_newest=True, older="", filters=[])


def empty(
    visit: Visit, kind: RecordType, place: Place, problem: Trouble | None, *, fitting: bool
) -> Response:
    """The form of a new activity, with the values that it gets by itself."""
    fields = [AT, *fields_of(kind)]
    values = {field.name: field.default_value for field in fields}
    values |= {AT.name: f"{visit.now:%Y-%m-%d %H:%M:%S}", "Owner": visit.actor.id}
    return _page(visit, kind, place, fields, values, problem, None, fitting=fitting)


def filled(
    visit: Visit, kind: RecordType, place: Place, of: Told, problem: Trouble | None, *, fitting: bool
) -> Response:
    """The form of an activity that is there."""
    return _page(visit, kind, place, fields_of(kind), values_of(of.activity), problem, of, fitting=fitting)


def _page(
    visit: Visit,
    kind: RecordType,
    place: Place,
    fields: list[Field],
    values: dict[str, Any],
    problem: Trouble | None,
    of: Told | None,
    *,
    fitting: bool,
) -> Response:
    controls = [] if of is not None and of.is_read else forms.controls(visit, fields, values, problem)
    if fitting:
        forms.keep_fitting(controls)
    return visit.page(
        "activities/activity.html",
        title=kind.display_name,
        status=UNPROCESSABLE if problem is not None else 200,
        kind=kind,
        place=place,
        of=of,
        controls=controls,
        problem=problem,
        depends=any(one.parent for control in controls for one in (control, *control.members)),
    )
