"""OAuth apps for tests, and token requests as a client makes them."""

from __future__ import annotations

import json
import time
from functools import cache
from urllib.parse import urlencode
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives import serialization as forms
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.sandbox.calls import send

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@cache
def private_key(name="first"):
    """Return this process's key pair of that name."""
    return rsa.generate_private_key(65537, 2048)


def private_pem(name="first"):
    """Return the private key as PKCS#8 PEM, which Segment's libraries accept."""
    return (
        private_key(name)
        .private_bytes(
            forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption()
        )
        .decode()
    )


def public_pem(name="first"):
    """Return the public key as PEM."""
    return (
        private_key(name)
        .public_key()
        .public_bytes(forms.Encoding.PEM, forms.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def app(key="first", **fields):
    """Return an app as `PUT /_sandbox/oauth` expects it."""
    return {"app_id": "app-1", "key_id": key, "public_key": public_pem(key), **fields}


def claims(segment, *, region="", now=None, **changed):
    """Return the claims that segment-analytics-python signs. None omits a claim."""
    now = time.time() if now is None else now
    usual = {
        "iss": "app-1",
        "sub": "app-1",
        "aud": segment.url + region,
        "iat": int(now) - 5,
        "exp": int(now) + 55,
        "jti": str(uuid4()),
    }
    return {k: v for k, v in {**usual, **changed}.items() if v is not None}


def signed(content, *, key="first", kid=None, algorithm="RS256", **header):
    """Return a JWT with these claims."""
    headers = {"kid": kid or key, **header}
    return jwt.encode(content, private_key(key), algorithm, headers)


def form(assertion, **changed):
    """Return the form of a token request. None omits a field."""
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    usual = {
        "grant_type": "client_credentials",
        "client_assertion_type": kind,
        "client_assertion": assertion,
        "scope": "tracking_api:write",
    }
    fields = {k: v for k, v in {**usual, **changed}.items() if v is not None}
    return urlencode(fields).encode()


def ask(segment, body, *, region="", headers=FORM):
    """Return status, headers and content of one token request."""
    status, got, text = send(segment, f"{region}/token", body, headers=headers)
    return status, got, json.loads(text)


def token(segment, *, region="", key="first", **changed):
    """Return a new token of `app-1`."""
    assertion = signed(claims(segment, region=region, **changed), key=key)
    status, _, content = ask(segment, form(assertion), region=region)
    assert status == 200, content
    return content["access_token"]


def bearer(text):
    """Return the header in which a token is sent."""
    return {"Authorization": f"Bearer {text}"}
