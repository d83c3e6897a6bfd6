"""The sandbox's OAuth apps, and the write keys that require OAuth."""

from __future__ import annotations

from typing import Annotated

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from streams.base.msgspec_types import prepared
from streams.sandbox.segment.sources import Region  # noqa: TC001 - msgspec reads it at run time

TRACKING_SCOPE = "tracking_api:write"
SCOPES = (TRACKING_SCOPE, "functions:write", "public_api:read_write")
DAY_S = 86_400
MIN_KEY_BITS = 2_048

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class App(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """An OAuth app with one of its public keys.

    An app with two keys is listed twice. `region` None: valid in every region. `write_keys`
    None: connected to every source. `token_life_s` is how long a token is valid.
    """

    app_id: Name
    key_id: Name
    public_key: str
    region: Region | None = None
    scopes: tuple[str, ...] = SCOPES
    token_life_s: Annotated[int, msgspec.Meta(ge=1, le=30 * DAY_S)] = DAY_S
    write_keys: list[str] | None = None

    def __post_init__(self) -> None:
        read_public_key(self.public_key)
        if unknown := set(self.scopes) - set(SCOPES):
            raise ValueError(f"unknown scopes: {', '.join(sorted(unknown))}")


@prepared
class OAuthSettings(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What `PUT /_sandbox/oauth` sets; `clock_skew_s` moves the token server's clock."""

    apps: list[App] = []
    enforced: list[str] = []
    clock_skew_s: Annotated[float, msgspec.Meta(ge=-30 * DAY_S, le=30 * DAY_S)] = 0

    def __post_init__(self) -> None:
        ids = [(app.app_id, app.key_id) for app in self.apps]
        if len(set(ids)) < len(ids):
            raise ValueError("two apps have the same app_id and key_id")


def read_public_key(pem: str) -> RSAPublicKey:
    """Parse a PEM text. Raises ValueError, whose message never contains the text."""
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("public_key is not a public key in PEM format") from None
    if not isinstance(key, RSAPublicKey) or key.key_size < MIN_KEY_BITS:
        raise ValueError(f"public_key is not an RSA key of {MIN_KEY_BITS} bits or more")
    return key
