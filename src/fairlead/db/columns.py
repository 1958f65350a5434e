"""Columns as the tables use them, and the names of constraints."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

metadata = sa.MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    }
)


def org_column() -> sa.Column[int]:
    """The organisation, first in every primary key."""
    return sa.Column("org_id", sa.BigInteger, primary_key=True, autoincrement=False)


def id_column(name: str = "id") -> sa.Column[object]:
    """A UUID of the primary key."""
    return sa.Column(name, sa.Uuid, primary_key=True)


def text(name: str, *, null: bool = False) -> sa.Column[str]:
    """Text."""
    return sa.Column(name, sa.Text, nullable=null)


def integer(name: str, *, null: bool = False) -> sa.Column[int]:
    """32 bits."""
    return sa.Column(name, sa.Integer, nullable=null)


def big(name: str, *, null: bool = False) -> sa.Column[int]:
    """64 bits."""
    return sa.Column(name, sa.BigInteger, nullable=null)


def flag(name: str) -> sa.Column[bool]:
    """True or false, never null."""
    return sa.Column(name, sa.Boolean, nullable=False)


def when(name: str, *, null: bool = False) -> sa.Column[object]:
    """An instant, UTC."""
    return sa.Column(name, sa.TIMESTAMP(timezone=True), nullable=null)


def ref(name: str, *, null: bool = False) -> sa.Column[object]:
    """The UUID of another row."""
    return sa.Column(name, sa.Uuid, nullable=null)


def doc(name: str) -> sa.Column[object]:
    """A JSON document."""
    return sa.Column(name, JSONB, nullable=False)


def blob(name: str) -> sa.Column[bytes]:
    """Bytes."""
    return sa.Column(name, sa.LargeBinary, nullable=False)
