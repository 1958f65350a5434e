"""The signature of a delivery: who receives it can tell that it is ours, unchanged, and of now.

The secret belongs to the async key under which the request was submitted: it is the SHA-256 of that key, as 64 hex
digits. Fairlead keeps just that (decision 0010), so it can sign without keeping a further secret; who holds the key
can compute it, and who holds only the secret can check signatures and call nothing.
"""

from __future__ import annotations

import hashlib
import hmac

DELIVERY = "Fairlead-Delivery"
TIMESTAMP = "Fairlead-Timestamp"
SIGNATURE = "Fairlead-Signature"


def secret_of(key: str) -> str:
    """The secret that deliveries are signed with for this x-api-key."""
    return hashlib.sha256(key.encode()).hexdigest()


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """`sha256=` and the HMAC-SHA256, as hex, of the timestamp (seconds since 1970), a full stop and the body."""
    signed = b"%d." % timestamp + body
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
