"""What can be wrong with a value. No vendor wording here: each family translates these into its own answer.

FieldError
├── WrongType        the value cannot be read as the field's data type
├── TooLong          more characters than the field holds
├── NotAnOption      not one of a drop-down's options, or not allowed under its parent's value
├── UnknownMember    a field set has no member of that name
├── UnknownUser      no active user with that id
└── UnknownProduct   no product with that id
"""

from fairlead.fields.model import Field


class FieldError(Exception):
    """A value that a field refuses.

    `field` is the definition that refused it (for a field set's member: the member, for an unknown member:
    the set); `path` is how a caller names it: `mx_City`, or `mx_KYC~mx_CustomObject_1` inside a field set.
    """

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self.field = field
        self.path = field.name

    def within(self, field_set: Field) -> "FieldError":
        """The same error seen from outside the field set: the path gets the set's name in front."""
        self.path = f"{field_set.name}~{self.path}"
        return self

    def __str__(self) -> str:
        return f"{type(self).__name__}: {self.path}"


class WrongType(FieldError):
    """The value cannot be read as the field's type, or not stored at all (NUL, half a surrogate pair)."""


class TooLong(FieldError):
    """The text has more than `limit` characters (Unicode code points)."""

    def __init__(self, field: Field, limit: int) -> None:
        super().__init__(field)
        self.limit = limit


class NotAnOption(FieldError):
    """`value` is not an option of the drop-down, or not one that its parent's current value allows."""

    def __init__(self, field: Field, value: str) -> None:
        super().__init__(field)
        self.value = value


class UnknownMember(FieldError):
    """The field set `field` has no member called `member`."""

    def __init__(self, field: Field, member: str) -> None:
        super().__init__(field)
        self.member = member
        self.path = f"{field.name}~{member}"


class UnknownUser(FieldError):
    """`value` is not the id of an active user."""

    def __init__(self, field: Field, value: str) -> None:
        super().__init__(field)
        self.value = value


class UnknownProduct(FieldError):
    """`value` is not the id of a product."""

    def __init__(self, field: Field, value: str) -> None:
        super().__init__(field)
        self.value = value
