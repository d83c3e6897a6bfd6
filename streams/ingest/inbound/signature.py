"""Checks that a request comes from someone who knows the address's secret.

Segment's webhooks sign with HMAC-SHA1 over the JSON text of the event, as JavaScript wrote
it. In a batch, the signature covers only the first event. There is no time in it: anyone who
has a signed request can send it again, and messageIds make that harmless.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence

SIGNATURE_HEADER = "x-signature"

_HEX_SHA1 = re.compile(r"[0-9a-f]{40}")


def bearer(authorization: str) -> str | None:
    """Return the text after `Bearer`; None if the header has another scheme."""
    scheme, _, text = authorization.strip().partition(" ")
    return text.strip() if scheme.lower() == "bearer" else None


def is_secret(presented: str, secrets: Sequence[str]) -> bool:
    """Whether the text is one of the secrets, compared in constant time."""
    sent = presented.encode("utf-8", "surrogatepass")
    return any(hmac.compare_digest(sent, secret.encode()) for secret in secrets)


def is_signed(signature: str, texts: Sequence[bytes], secrets: Sequence[str]) -> bool:
    """Whether it is the signature of one of the texts, compared in constant time."""
    sent = signature.strip().lower()
    if _HEX_SHA1.fullmatch(sent) is None:
        return False
    return any(
        hmac.compare_digest(hmac.digest(secret.encode(), text, "sha1").hex(), sent)
        for secret in secrets
        for text in texts
    )
