"""What may happen to an account and what follows. Works on a `Picture`: checks everything first, then changes it."""

from __future__ import annotations

from typing import Any

import msgspec

from fairlead.accounts import drafts
from fairlead.accounts.drafts import COLUMNS, NAME, OWNER, STAGE, UNIQUE, Changes, Draft
from fairlead.activities import drafts as activities
from fairlead.errors import (
    Duplicate,
    Forbidden,
    InvalidEventCode,
    InvalidInput,
    InvalidSearchBy,
    MandatoryMissing,
    UnknownReference,
)
from fairlead.fields.model import DataType
from fairlead.fields.values import parse
from fairlead.orgs.definitions import RecordType
from fairlead.records.picture import Needs, Picture, is_id, new_id
from fairlead.records.rows import Account, Activity
from fairlead.wire.operation import Call, Plan
from fairlead.wire.types import Pair, Scalar, code_of

SEARCH_BY = {"Company Name": NAME, **{name: name for name in (NAME, *UNIQUE)}}
"""What an account can be found by, as callers spell it."""

FILL, OVERWRITE, IGNORE = "FillMissingFields", "OverwriteAllFields", "IgnoreDuplicate"
STRATEGIES = (FILL, OVERWRITE, IGNORE)
"""What happens with an account that is there already."""


class Written(msgspec.Struct):
    """The account that a write was about, whether it is new, and whether the write was meant to change it."""

    account: Account
    created: bool
    updated: bool


def kind_of(call: Call[Any, Any], name: str) -> RecordType:
    """The account type with this name. Raises UnknownReference."""
    for kind in call.defs.of_kind("account"):
        if kind.active and kind.name == name:
            return kind
    raise UnknownReference("Company Type does not exist")


def may_change(call: Call[Any, Any], account: Account) -> bool:
    """True when the caller may see and change this account: everybody but a Sales_User, who has their own."""
    return call.actor.role != "Sales_User" or account.owner_id == call.actor.id


def account_of(picture: Picture, call: Call[Any, Any], account_id: str) -> Account:
    """The account with this id, for changing it. Raises UnknownReference, Forbidden."""
    account = picture.accounts.get(account_id)
    if account is None or account.code not in call.defs.types:
        raise UnknownReference("Company not found")
    if not may_change(call, account):
        raise Forbidden
    return account


def needs_of(account_id: str) -> Needs:
    """What must be seen to find an account by its id."""
    return Needs(accounts=[account_id] if is_id(account_id) else [])


def create(call: Call[Any, Any], kind: RecordType, pairs: list[Pair]) -> Plan[Account]:
    """Create an account of this type. Raises what `drafts.draft` raises, MandatoryMissing, Duplicate."""
    draft = drafts.draft(call, kind, pairs)
    picture = yield Needs(accounts_by=drafts.unique_values(call, kind, pairs), numbers=(("account", 1),))
    return _create(picture, call, draft, action="creating company")


def update(call: Call[Any, Any], account_id: str, pairs: list[Pair]) -> Plan[bool]:
    """Write attributes to an account; False when everything was stored already.

    Raises UnknownReference, Forbidden, what `drafts.draft` raises, MandatoryMissing, Duplicate.
    """
    # The type is the account's own, known only when it has been read: the unique values are looked up in all types.
    wanted = [key for kind in call.defs.of_kind("account") for key in drafts.unique_values(call, kind, pairs)]
    picture = yield Needs.together([needs_of(account_id), Needs(accounts_by=wanted)])
    account = account_of(picture, call, account_id)
    draft = drafts.draft(call, call.defs.types[account.code], pairs)
    return _update(picture, call, account, draft, action="updating company")


def create_or_update(
    call: Call[Any, Any], kind: RecordType, search_by: str, strategy: str, pairs: list[Pair]
) -> Plan[Written]:
    """Write to the account that the attribute `search_by` names, by the strategy; create it when there is none.

    Raises MandatoryMissing without that attribute, InvalidInput for a name that several accounts have, Forbidden, what
    `create` and `update` raise.
    """
    action = "creating or updating company"
    found = {pair.name: pair.Value for pair in pairs}.get(search_by)
    if found is None or found == "":
        raise MandatoryMissing(search_by, action)
    draft = drafts.draft(call, kind, pairs)
    value = str(draft.values.get(search_by))
    wanted = [(kind.code, search_by, value), *drafts.unique_values(call, kind, pairs)]
    picture = yield Needs(accounts_by=wanted, numbers=(("account", 1),))
    ids = picture.accounts_by.get((kind.code, search_by, value), [])
    if not ids:
        return Written(_create(picture, call, draft, action=action), created=True, updated=False)
    if len(ids) > 1:
        raise InvalidInput.value(search_by)
    account = account_of(picture, call, ids[0])
    if strategy == IGNORE:
        return Written(account, created=False, updated=False)
    _update(picture, call, account, draft, only_empty=strategy == FILL, action=action)
    return Written(account, created=False, updated=True)


def search_name(search_by: str) -> str:
    """The attribute that SearchBy means. Raises InvalidSearchBy."""
    found = SEARCH_BY.get(search_by)
    if found is None:
        raise InvalidSearchBy
    return found


def _create(picture: Picture, call: Call[Any, Any], draft: Draft, *, action: str) -> Account:
    kind, now, by = draft.kind, call.now, call.actor.id
    values = _new_values(call, draft)
    for name in _mandatory(kind):
        if values.get(name) is None:
            raise MandatoryMissing(name, action)
    drafts.check_dependents(kind, values, values)
    _check_unique(picture, kind, None, values)
    account = Account(
        org_id=call.org_id,
        id=new_id(),
        version=1,
        code=kind.code,
        auto_id=picture.number("account"),
        name=str(values.pop(NAME)),
        owner_id=values.pop(OWNER, by),
        stage=values.pop(STAGE, None),
        created_by=by,
        created_on=now,
        modified_by=by,
        modified_on=now,
        fields=values,
    )
    picture.add_account(account)
    for name in UNIQUE:
        if name in values:
            picture.claim_account(name, values[name], account)
    changes: Changes = {name: [None, value] for name, value in values.items()}
    changes |= {name: [None, new] for name in COLUMNS if (new := drafts.stored(account, name)) is not None}
    picture.record(account.id, account.code, changes, at=now, by=by)
    return account


def _mandatory(kind: RecordType) -> list[str]:
    """What an account must have: its name always. The owner is filled in."""
    own = (field.name for field in kind.mandatory if not field.read_only and field.name != OWNER)
    return list(dict.fromkeys((NAME, *own)))


def _new_values(call: Call[Any, Any], draft: Draft) -> dict[str, Any]:
    """All attributes of a new account, defaults filled in, columns among them."""
    found = {name: value for name, value in draft.values.items() if value is not None}
    for name, (field, sent) in draft.sets.items():
        if (value := drafts.members(call, field, sent, None)) is not None:
            found[name] = value
    for field in draft.kind.defaults:
        sent_or_set = field.name in draft.values or field.data_type is DataType.FIELD_SET
        if not sent_or_set and field.name != OWNER and not field.read_only:
            found[field.name] = parse(field, field.default_value, call.defs.loose)
    found["Origin"] = "API"  # Vendor: silent; as for leads
    return found


def _update(
    picture: Picture,
    call: Call[Any, Any],
    account: Account,
    draft: Draft,
    *,
    action: str,
    only_empty: bool = False,
) -> bool:
    changes = drafts.changes_of(call, account, draft, only_empty=only_empty)
    if not changes:
        return False
    after = {name: new for name, (_, new) in changes.items()}
    for name in _mandatory(draft.kind):
        if name in after and after[name] is None:
            raise MandatoryMissing(name, action)
    drafts.check_dependents(draft.kind, changes, account.fields | {STAGE: account.stage} | after)
    _check_unique(picture, draft.kind, account, after)
    _apply(picture, account, changes)
    account.modified_on, account.modified_by = call.now, call.actor.id
    picture.touch_account(account)
    picture.record(account.id, account.code, changes, at=call.now, by=call.actor.id)
    return True


def _check_unique(
    picture: Picture, kind: RecordType, account: Account | None, values: dict[str, Any]
) -> None:
    """Raise Duplicate for the first unique value that another account of the type holds."""
    for name in UNIQUE:
        value = values.get(name)
        others = picture.accounts_by.get((kind.code, name, str(value)), []) if value is not None else []
        if any(account is None or id != account.id for id in others):
            # Vendor: silent on the words; as for leads, with the name that the API has for accounts.
            raise Duplicate("Company", kind.fields[name].display_name)


def _apply(picture: Picture, account: Account, changes: Changes) -> None:
    for name, (before, after) in changes.items():
        if name in UNIQUE:
            if before is not None:
                picture.release_account(name, str(before), account)
            if after is not None:
                picture.claim_account(name, str(after), account)
        if name == NAME:
            picture.rename_account(account, str(after))
        elif name in COLUMNS:
            setattr(account, COLUMNS[name], after)
        elif after is None:
            account.fields.pop(name, None)
        else:
            account.fields[name] = after


# Account activities ----------------------------------------------------------------------------------


def activity_kind(call: Call[Any, Any], code: Scalar) -> RecordType:
    """The type of an activity that callers may post on an account. Raises InvalidEventCode."""
    found = call.defs.type(code_of(code))
    if found is None or found.kind != "account_activity":
        raise InvalidEventCode
    return found


def post_activity(
    call: Call[Any, Any],
    account_id: str,
    *,
    code: Scalar,
    note: Scalar,
    at: Scalar,
    fields: list[Pair] | None,
    skip_options: bool,
) -> Plan[Activity]:
    """Post an activity on an account and move the account's last activity.

    Raises InvalidEventCode, InvalidInput, UnknownReference, Forbidden, what is wrong with the fields, in this order.
    """
    kind = activity_kind(call, code)
    happened_on = activities.happened_on(call, at)
    picture = yield needs_of(account_id)
    account = account_of(picture, call, account_id)
    draft = activities.draft(call, kind, fields, note=note, skip_options=skip_options)
    status, owner_id, values = activities.new_values(call, draft)
    now, by = call.now, call.actor.id
    activity = Activity(
        org_id=call.org_id,
        id=new_id(),
        version=1,
        code=kind.code,
        account_id=account.id,
        happened_on=happened_on,
        note=draft.note,
        owner_id=owner_id or by,
        status=status,
        score=kind.score,
        created_by=by,
        created_on=now,
        modified_by=by,
        modified_on=now,
        fields=values,
    )
    picture.add_activity(activity)
    if account.last_activity_on is None or happened_on > account.last_activity_on:
        account.last_activity_on = happened_on
    picture.touch_account(account)  # always: its version tells when it was deleted meanwhile
    return activity


def update_activity(
    call: Call[Any, Any],
    activity_id: str,
    *,
    note: Scalar,
    note_sent: bool,
    fields: list[Pair] | None,
    skip_options: bool,
) -> Plan[Activity]:
    """Change the note and the fields sent of an account activity; what is stored already is no change.

    Raises UnknownReference (of an activity of a lead too), InvalidEventCode (its type is deactivated), Forbidden (not
    the caller's account), what is wrong with the fields.
    """
    picture = yield Needs(account_activities=[activity_id] if is_id(activity_id) else [])
    activity = picture.activities.get(activity_id)
    account = picture.accounts.get(activity.account_id or "") if activity is not None else None
    kind = call.defs.types.get(activity.code) if activity is not None else None
    if activity is None or account is None or kind is None:
        raise unknown_activity()
    if not kind.active:
        raise InvalidEventCode
    if not may_change(call, account):
        raise Forbidden
    draft = activities.draft(call, kind, fields, note=note, note_sent=note_sent, skip_options=skip_options)
    changes = activities.apply(call, activity, draft)
    if changes:
        activities.write(activity, changes, now=call.now, by=call.actor.id)
        picture.touch_activity(activity)
        picture.record(activity.id, activity.code, changes, at=call.now, by=call.actor.id)
    return activity


def unknown_activity() -> UnknownReference:
    """The answer to an id that no account activity has."""
    return UnknownReference("Activity does not exist.")
