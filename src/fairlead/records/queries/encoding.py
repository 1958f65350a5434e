"""Rows to JSON parameters."""

from __future__ import annotations

from typing import Any

import msgspec

_encoder = msgspec.json.Encoder(decimal_format="number")


def encode(value: Any) -> str:
    """JSON text for a parameter; decimals as numbers."""
    return _encoder.encode(value).decode()
