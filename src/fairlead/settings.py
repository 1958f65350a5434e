"""Every setting of the server once: name, type, default, a sentence.

`fairlead serve` makes its options from here (`cli/options.py`); each has a twin in the environment.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from fairlead.wire.limits import Rate


class Settings(msgspec.Struct, kw_only=True):
    """What `fairlead serve` was asked to be.

    `extra` of an annotation: `option` is the option's name where it is not the member's, `default` the default
    of the command line where it is not the member's. Who builds the application by hand, as a test does, limits
    nothing; the command line has the vendor's limit.
    """

    host: Annotated[str, Meta(description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Meta(description="Port to listen on; 0 takes a free one.", ge=0, le=65535)] = 8080
    data: Annotated[
        Path | None,
        Meta(description="Folder of the embedded database; without it, the user's folder for data."),
    ] = None
    database_url: Annotated[
        str,
        Meta(description="A PostgreSQL of your own, 15 or newer: postgresql://user@host/name."),
    ] = ""
    rate: Annotated[
        Rate | None,
        Meta(
            description="Calls of an organisation in any so many seconds, or off.",
            extra={"option": "rate-limit", "default": "25/5s"},
        ),
    ] = None
    bulk_rate: Annotated[
        Rate | None,
        Meta(
            description="A further limit for calls that carry many records, or off.",
            extra={"option": "bulk-rate-limit", "default": "off"},
        ),
    ] = None
    queue_workers: Annotated[
        int,
        Meta(
            description="Workers for queued requests in this process; 0 leaves them to `fairlead worker`.",
            ge=0,
            le=64,
        ),
    ] = 1
    queue_limit: Annotated[
        int,
        Meta(description="Queued requests that may wait per organisation; 0 is no limit.", ge=0),
    ] = 10_000_000
    queue_keep_days: Annotated[
        int, Meta(description="Days that the status of a finished request is kept.", ge=1)
    ] = 30
    callback_private_addresses: Annotated[
        bool,
        Meta(
            description="Let callbacks go to private addresses and over http, and status webhooks to private addresses: for receivers in a network of your own."
        ),
    ] = False
    database_patience: Annotated[
        int,
        Meta(
            description="Seconds to wait at the start for a PostgreSQL that is not ready yet.", ge=0, le=86400
        ),
    ] = 60
    upload_limit: Annotated[
        int, Meta(description="Megabytes of a file that is imported in the console, at most.", ge=1, le=2000)
    ] = 50
    public_host: Annotated[
        str,
        Meta(
            description="Host name in addresses that answers contain; without it, the caller's Host header."
        ),
    ] = ""
    log_format: Annotated[Literal["text", "json"], Meta(description="Form of the log lines.")] = "text"
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="What is logged at least.")
    ] = "info"
    access_log: Annotated[bool, Meta(description="Log every request. It costs some speed.")] = False
    inspector: Annotated[
        Literal["on", "off", "demo"],
        Meta(
            description="Keep the last calls in memory for administrators to look at in the console. It costs "
            "some speed: demo keeps them with --demo only. In the console it is switched on and off, too."
        ),
    ] = "demo"
    demo: Annotated[
        bool, Meta(description="Have a demo organisation with public keys, and say how to call it.")
    ] = False
    demo_on_network: Annotated[
        bool, Meta(description="Let others on the network use the public demo keys.")
    ] = False
