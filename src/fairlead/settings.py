"""Every setting of the server once: name, type, default, a sentence. Options and environment come from here."""

from __future__ import annotations

from pathlib import Path

import msgspec

from fairlead.wire.limits import Rate


class Settings(msgspec.Struct, kw_only=True):
    """What `fairlead serve` was asked to be."""

    host: str = "127.0.0.1"
    port: int = 8080
    data: Path | None = None
    database_url: str = ""
    rate: Rate | None = None
    bulk_rate: Rate | None = None
    public_host: str = ""
    log_format: str = "text"
    log_level: str = "info"
    demo: bool = False
