"""The sandbox's OAuth: tokens, their errors, and sources that require them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import time
from email.utils import parsedate_to_datetime

import jwt
import pytest
import segment.analytics as library

from tests.sandbox.calls import KEY, OTHER_KEY, basic, ids, send, send_one, track
from tests.sandbox.oauth_requests import (
    app,
    ask,
    bearer,
    claims,
    form,
    private_key,
    private_pem,
    public_pem,
    signed,
    token,
)


def refused(segment, assertion, **options):
    """Return status, error and description of a refused token request."""
    status, _, content = ask(segment, form(assertion), **options)
    return status, content["error"], content["error_description"]


def send_with(segment, text, message_id="m-1", *, region="", key=KEY):
    """Return the status of one event with a token, and the write key in the body."""
    body = {"writeKey": key, "batch": [track(message_id)]}
    return send(segment, f"{region}/v1/batch", body, headers=bearer(text))[0]


def test_a_token_gives_access_to_a_source_that_requires_one(segment):
    segment.oauth(app(), enforced=[KEY])

    status, headers, content = ask(segment, form(signed(claims(segment))))

    assert (status, headers["Cache-Control"]) == (200, "no-store")
    text = content.pop("access_token")
    assert content == {
        "token_type": "Bearer",
        "expires_in": 86_400,
        "scope": "tracking_api:write",
    }
    assert send_with(segment, text) == 200
    assert ids(segment) == ["m-1"]


@pytest.mark.parametrize("region", ["", "/eu"])
def test_segments_own_library_sends_with_oauth(segment, region):
    segment.oauth(app(region="eu"), enforced=[KEY])
    client = library.Client(
        KEY,
        host=segment.url + region,
        oauth_client_id="app-1",
        oauth_client_key=private_pem(),
        oauth_key_id="first",
        oauth_auth_server=segment.url + region + "/",
        max_retries=1,
    )

    client.track("user-1", "Email Opened", message_id="m-1")
    client.shutdown()

    assert ids(segment) == ["m-1"]


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"exp": 1_000, "iat": 945}, (400, "invalid_request", "Token is expired")),
        (
            {"iat": time.time() + 3_600, "exp": time.time() + 3_655},
            (400, "invalid_request", "Token used before issued"),
        ),
        ({"sub": "app-2"}, (401, "invalid_client", "Unknown app.")),
    ],
)
def test_errors_are_those_that_libraries_handle(segment, changed, error):
    segment.oauth(app())

    assert refused(segment, signed(claims(segment, **changed))) == error


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("exp", 4_102_444_800),
        ("exp", None),
        ("exp", "soon"),
        ("iat", None),
        ("jti", None),
        ("jti", ""),
        ("sub", None),
        ("aud", None),
        ("aud", "https://elsewhere.test"),
        ("aud", []),
        ("iss", "app-2"),
        ("aud", "https://oauth2.segment.io/"),
    ],
)
def test_claims_that_segment_does_not_accept_are_refused(segment, name, value):
    segment.oauth(app())

    status, error, _ = refused(
        segment, signed_plainly(claims(segment, **{name: value}))
    )

    assert (status, error) == (400, "invalid_request")


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": None},
        {"iss": "https://oauth2.segment.io", "aud": "https://oauth2.segment.io"},
        {"aud": ["https://oauth2.segment.io", "another"]},
        {},
    ],
)
def test_claims_that_clients_send_are_accepted(segment, changed):
    segment.oauth(app(region="us"))

    assert token(segment, **changed)


def test_times_can_have_a_fraction(segment):
    segment.oauth(app())
    now = time.time()

    assert token(segment, iat=now - 5.25, exp=now + 54.75)


def signed_plainly(content, header=None, key="first"):
    """Return a JWT of any content: JWT libraries refuse to write some of them."""
    header = {"alg": "RS256", "typ": "JWT", "kid": "first", **(header or {})}
    parts = [part(json.dumps(value).encode()) for value in (header, content)]
    algorithm = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256)
    signature = algorithm.sign(".".join(parts).encode(), private_key(key))
    return ".".join([*parts, part(signature)])


def part(value):
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def test_only_rs256_by_the_apps_own_key_is_trusted(segment):
    segment.oauth(app())
    content = claims(segment)
    # The classic attack: the public key as the secret of an HMAC.
    head = part(b'{"alg":"HS256","kid":"first"}')
    signing = f"{head}.{part(json.dumps(content).encode())}"
    digest = hmac.digest(public_pem().encode(), signing.encode(), hashlib.sha256)

    assert refused(segment, f"{signing}.{part(digest)}")[:2] == (400, "invalid_request")
    unsigned = jwt.encode(content, None, "none", {"kid": "first"})
    assert refused(segment, unsigned)[:2] == (400, "invalid_request")
    longer = signed(content, algorithm="RS512")
    assert refused(segment, longer)[:2] == (400, "invalid_request")
    critical = signed_plainly(content, {"crit": ["exp"]})
    assert refused(segment, critical)[:2] == (400, "invalid_request")
    other = signed(content, key="second", kid="first")
    assert refused(segment, other) == (
        401,
        "invalid_client",
        "The signature is invalid.",
    )


@pytest.mark.parametrize(
    "text", ["", "x", "a.b", "a.b.c", "é.é.é", "e30.e30.e30", ".."]
)
def test_anything_but_a_jwt_is_reported_as_such(segment, text):
    segment.oauth(app())

    assert refused(segment, text)[:2] == (400, "invalid_request")


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"grant_type": None}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"client_assertion": None}, "invalid_request"),
        ({"client_assertion_type": "jwt"}, "invalid_request"),
        ({"scope": None}, "invalid_request"),
        ({"scope": "workspace:read"}, "invalid_scope"),
        ({"scope": "functions:write"}, "invalid_scope"),
    ],
)
def test_a_form_that_segment_does_not_accept_is_refused(segment, changed, error):
    segment.oauth(app(scopes=["tracking_api:write"]))

    status, _, content = ask(segment, form(signed(claims(segment)), **changed))

    assert (status, content["error"]) == (400, error)


def test_a_repeated_parameter_json_and_a_large_form_are_refused(segment):
    segment.oauth(app())
    body = form(signed(claims(segment)))

    assert ask(segment, body + b"&scope=functions:write")[0] == 400
    assert ask(segment, body, headers={"Content-Type": "application/json"})[0] == 415
    assert ask(segment, body + b"&x=" + b"x" * 16_384)[0] == 413
    assert send(segment, "/token", b"", method="GET")[0] == 404


def test_an_assertion_can_be_used_once(segment):
    segment.oauth(app())
    assertion = signed(claims(segment))

    assert ask(segment, form(assertion))[0] == 200
    assert refused(segment, assertion) == (
        400,
        "invalid_request",
        "The jti has been used before.",
    )


def test_keys_are_rotated_with_an_overlap(segment):
    segment.oauth(app("first"), enforced=[KEY])
    before = token(segment, key="first")

    segment.oauth(app("first"), app("second"), enforced=[KEY])
    both = [token(segment, key=key) for key in ("first", "second")]
    segment.oauth(app("second"), enforced=[KEY])

    assert refused(segment, signed(claims(segment), key="first")) == (
        401,
        "invalid_client",
        "The app has no key with this kid.",
    )
    sent = [send_with(segment, text, text) for text in (before, *both)]
    assert sent == [200, 200, 200]


def test_an_app_belongs_to_its_region(segment):
    segment.oauth(app(region="eu"), enforced=[KEY])
    text = token(segment, region="/eu")
    elsewhere = signed(claims(segment, region="/us"))

    assert refused(segment, elsewhere, region="/us")[:2] == (400, "invalid_request")
    assert send_with(segment, text, region="/us") == 403
    assert send_with(segment, text, region="/eu") == 200


@pytest.mark.parametrize(
    "headers", [{}, basic(KEY), bearer("unknown"), bearer(""), {"Authorization": "x"}]
)
def test_a_source_with_enforcement_needs_a_token(segment, headers):
    segment.oauth(app(), enforced=[KEY])
    body = {"writeKey": KEY, "batch": [track()]}

    status, got, content = send(segment, "/v1/batch", body, headers=headers)

    assert (status, got["WWW-Authenticate"]) == (401, 'Bearer realm="tracking"')
    content = json.loads(content)
    assert (content["success"], content["code"]) == (False, "unauthorized")
    assert (ids(segment), segment.requests[-1]["taken"]) == ([], False)


def test_a_source_without_enforcement_needs_none(segment):
    segment.oauth(app(), enforced=[KEY])

    assert send_one(segment, headers=basic(OTHER_KEY)) == 200


def test_an_event_with_its_own_enforced_key_needs_a_token(segment):
    segment.oauth(app(), enforced=[KEY])

    body = {"writeKey": OTHER_KEY, "batch": [track(writeKey=KEY)]}

    assert send(segment, "/v1/batch", body, headers={})[0] == 401


def test_a_token_expires(segment):
    segment.oauth(app(token_life_s=10), enforced=[KEY])
    text = token(segment)

    segment.oauth(app(token_life_s=10), enforced=[KEY], clock_skew_s=11)

    assert send_with(segment, text) == 401


def test_a_token_can_be_revoked(segment):
    segment.oauth(app(), app(app_id="app-2"), enforced=[KEY])
    texts = [token(segment) for _ in range(3)]
    texts.append(token(segment, sub="app-2", iss="app-2"))

    assert segment.revoke(token=texts[0]) == 1
    assert [send_with(segment, text, text) for text in texts] == [401, 200, 200, 200]
    assert segment.revoke(app_id="app-1") == 2
    assert [send_with(segment, text, text) for text in texts] == [401, 401, 401, 200]
    assert segment.revoke() == 1


def test_removing_an_app_removes_its_tokens(segment):
    segment.oauth(app(), enforced=[KEY])
    text = token(segment)

    segment.oauth(enforced=[KEY])

    assert send_with(segment, text) == 401


def test_scope_and_source_decide_what_a_token_gives_access_to(segment):
    segment.oauth(app(write_keys=[OTHER_KEY]), enforced=[KEY, OTHER_KEY])
    text = token(segment)
    functions = form(signed(claims(segment)), scope="functions:write")
    other_scope = ask(segment, functions)[2]["access_token"]

    assert send_with(segment, text, key=OTHER_KEY) == 200
    assert send_with(segment, text, key=KEY) == 403
    assert send_with(segment, other_scope, key=OTHER_KEY) == 403


def test_a_server_with_a_wrong_clock_returns_its_time(segment):
    segment.oauth(app(), clock_skew_s=7_200)

    status, headers, content = ask(segment, form(signed(claims(segment))))

    assert (status, content["error_description"]) == (400, "Token is expired")
    skew_s = parsedate_to_datetime(headers["Date"]).timestamp() - time.time()
    assert 7_195 < skew_s < 7_205
    assert token(segment, now=time.time() + skew_s)


def test_a_script_can_have_the_token_server_respond_429(segment):
    segment.oauth(app())
    segment.behave({"calls": "token", "answers": [429, {"status": 200, "body": "{}"}]})

    status, headers, content = ask(segment, form(signed(claims(segment))))

    assert (status, headers["Retry-After"], headers["X-RateLimit-Reset"]) == (
        429,
        "1",
        "1",
    )
    assert set(content) == {"error", "error_description"}
    assert ask(segment, form(signed(claims(segment))))[2] == {}
    assert send_one(segment) == 200


def test_the_state_shows_no_secret(segment, caplog):
    caplog.set_level(logging.DEBUG)
    segment.oauth(app(region="eu", write_keys=[KEY]), enforced=[KEY], clock_skew_s=1)
    text = token(segment)

    state = json.loads(send(segment, "/_sandbox/oauth", b"", method="GET")[2])

    assert state == {
        "apps": [
            {
                **app(region="eu"),
                "write_keys": ["…0001"],
                "scopes": [
                    "tracking_api:write",
                    "functions:write",
                    "public_api:read_write",
                ],
                "token_life_s": 86_400,
                "valid_tokens": 1,
            }
        ],
        "enforced": ["…0001"],
        "clock_skew_s": 1,
    }
    assert text not in json.dumps(state) + caplog.text
    assert KEY not in json.dumps(state) + caplog.text


UNKNOWN_CURVE = """-----BEGIN PUBLIC KEY-----
MBgwEAYHKoZIzj0CAQYFK4EEAAMDBAAEAQE=
-----END PUBLIC KEY-----
"""


@pytest.mark.parametrize(
    "changed",
    [
        {"public_key": "-----BEGIN PUBLIC KEY-----"},
        {"public_key": private_pem()},
        {"public_key": UNKNOWN_CURVE},
        {"region": "asia"},
        {"scopes": ["everything"]},
        {"token_life_s": 0},
        {"key_id": ""},
        {"secret": "x"},
    ],
)
def test_an_invalid_app_is_refused_with_an_explanation(segment, changed):
    with pytest.raises(ValueError) as caught:
        segment.oauth(app(**changed))

    assert "PRIVATE" not in str(caught.value)


def test_two_apps_with_one_key_id_are_refused(segment):
    with pytest.raises(ValueError, match="same app_id and key_id"):
        segment.oauth(app(), app())
