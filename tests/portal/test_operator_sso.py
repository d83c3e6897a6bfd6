"""Operators sign in through their own OpenID Connect provider, which runs in the tests."""

from __future__ import annotations

import itertools
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.urls import reverse

from streams.audit.models import AuditEntry
from streams.sign_in.sso.refusals import SENTENCES, Refusal
from streams.tenancy.models import User
from tests import factories

pytestmark = pytest.mark.django_db

START = "/accounts/sso/operators/start/"
OLGA = {"email": "olga@portal.example", "email_verified": True, "name": "Olga"}


ADDRESSES = itertools.count(1)


@pytest.fixture
def client(client):
    """A browser whose address no other test has used: sign-ins are limited."""
    client.defaults["REMOTE_ADDR"] = f"198.51.100.{next(ADDRESSES)}"
    return client


@pytest.fixture
def olga():
    return factories.staff("olga@portal.example")


@pytest.fixture
def provider(operators_provider):
    operators_provider.set(people={"olga": OLGA})
    return operators_provider


def at_provider(client, provider, name="olga", **changes) -> str:
    """Sign in there, with changes to the request's parameters; return the way back."""
    return provider.sign_in(changed(client.get(START).url, **changes), name)


def changed(url: str, **changes) -> str:
    parts = urlsplit(url)
    query = {**parse_qs(parts.query), **changes}
    return urlunsplit(parts._replace(query=urlencode(query, doseq=True)))


def assert_refused(client, response, reason):
    """There is a page with the reason, and neither a session nor a new account."""
    assert response.status_code == 403
    assert response.context["sentence"] == SENTENCES[reason]
    assert "_auth_user_id" not in client.session
    assert not SocialAccount.objects.exists()
    assert User.objects.count() == 1


def test_an_operator_signs_in(client, provider, olga):
    page = client.get(reverse("sso")).text
    response = client.get(at_provider(client, provider))

    assert START in page
    assert response.url == "/"
    assert client.session["_auth_user_id"] == str(olga.pk)
    actions = AuditEntry.objects.order_by("pk").values_list("action", "actor")
    assert list(actions) == [
        ("user.sso_linked", olga.pk),
        ("user.signed_in", olga.pk),
    ]


def test_a_provider_counts_as_one_factor(client, provider, olga):
    client.get(at_provider(client, provider))

    assert client.get("/admin/").url == "/accounts/2fa/required/?next=%2Fadmin%2F"


def test_a_sign_in_returns_to_the_page_that_needed_it(client, provider, olga):
    url = client.get(f"{START}?next=/admin/").url

    assert client.get(provider.sign_in(url, "olga")).url == "/admin/"


def test_a_sign_in_never_returns_to_another_site(client, provider, olga):
    url = client.get(f"{START}?next=https://evil.example/").url

    assert client.get(provider.sign_in(url, "olga")).url == "/"


def test_an_operator_signs_in_again_with_the_same_link(client, provider, olga):
    for _ in range(2):
        client.get(at_provider(client, provider))
        client.logout()

    assert SocialAccount.objects.count() == 1
    assert AuditEntry.objects.filter(action="user.sso_linked").count() == 1


def test_nothing_of_the_claims_is_stored(client, provider, olga):
    client.get(at_provider(client, provider))

    assert SocialAccount.objects.get().extra_data == {}
    assert "olga@" not in str(dict(client.session))


def test_claims_may_be_in_the_id_token(client, provider, olga):
    provider.set(claimsInIdToken=True)

    assert client.get(at_provider(client, provider)).url == "/"


def test_keys_may_be_rotated_between_two_sign_ins(client, provider, olga):
    client.get(at_provider(client, provider))
    client.logout()
    provider.set(rotate=True)

    assert client.get(at_provider(client, provider)).url == "/"


@pytest.mark.parametrize("clock_s", [-30, 30])
def test_a_clock_may_be_half_a_minute_off(client, provider, olga, clock_s):
    provider.set(clockS=clock_s)

    assert client.get(at_provider(client, provider)).url == "/"


@pytest.mark.parametrize(
    ("clock_s", "valid_s", "reason"),
    [
        (5 * 60, 3600, Refusal.CLOCK),
        (-5 * 60, 60, Refusal.EXPIRED),
    ],
    ids=["five minutes ahead", "five minutes late"],
)
def test_another_time_is_refused(client, provider, olga, clock_s, valid_s, reason):
    provider.set(clockS=clock_s, idTokenS=valid_s)

    assert_refused(client, client.get(at_provider(client, provider)), reason)


def test_a_late_clock_does_no_harm_while_the_token_is_valid(client, provider, olga):
    provider.set(clockS=-5 * 60)

    assert client.get(at_provider(client, provider)).url == "/"


@pytest.mark.parametrize("name", ["an unverified email", "no statement", "text"])
def test_an_email_must_be_verified(client, provider, olga, name):
    claim = {
        "an unverified email": {"email_verified": False},
        "no statement": {},
        "text": {"email_verified": "false"},
    }[name]
    provider.set(people={"olga": {"email": OLGA["email"], **claim}})

    response = client.get(at_provider(client, provider))

    assert_refused(client, response, Refusal.NOT_VERIFIED)


@pytest.mark.parametrize("email", [None, 5, "", "olga", "ölga@portal.example"])
def test_an_email_must_be_one(client, provider, olga, email):
    provider.set(people={"olga": {**OLGA, "email": email}})

    assert_refused(client, client.get(at_provider(client, provider)), Refusal.NO_EMAIL)


def test_an_email_in_capitals_is_the_same(client, provider, olga):
    provider.set(people={"olga": {**OLGA, "email": "Olga@Portal.Example"}})

    assert client.get(at_provider(client, provider)).url == "/"


def test_an_unknown_person_gets_no_account(client, provider, olga):
    provider.set(people={"eve": {**OLGA, "email": "eve@portal.example"}})

    response = client.get(at_provider(client, provider, "eve"))

    assert_refused(client, response, Refusal.NOT_OPERATOR)


def test_a_member_is_no_operator(client, provider):
    factories.user("olga@portal.example")

    response = client.get(at_provider(client, provider))

    assert_refused(client, response, Refusal.NOT_OPERATOR)


def test_a_deactivated_operator_is_refused(client, provider, olga):
    User.objects.update(is_active=False)

    response = client.get(at_provider(client, provider))

    assert_refused(client, response, Refusal.INACTIVE)


def test_a_nonce_of_another_sign_in_is_refused(client, provider, olga):
    back = at_provider(client, provider, nonce="of-another-sign-in")

    assert_refused(client, client.get(back), Refusal.NONCE)


def test_a_missing_nonce_is_refused(client, provider, olga):
    back = at_provider(client, provider, nonce=[])

    assert_refused(client, client.get(back), Refusal.NONCE)


def test_a_sign_in_that_another_browser_started_is_refused(client, provider, olga):
    back = at_provider(client, provider)
    client.cookies.clear()

    assert_refused(client, client.get(back), Refusal.STATE)


@pytest.mark.parametrize("state", ["invented", ""])
def test_another_state_is_refused(client, provider, olga, state):
    back = changed(at_provider(client, provider), state=state)

    assert_refused(client, client.get(back), Refusal.STATE)


def test_a_link_back_works_once(client, provider, olga):
    back = at_provider(client, provider)
    client.get(back)
    client.logout()
    SocialAccount.objects.all().delete()

    assert_refused(client, client.get(back), Refusal.STATE)


def test_a_code_works_once(client, provider, olga):
    used = at_provider(client, provider)
    client.get(used)
    client.logout()
    SocialAccount.objects.all().delete()
    code = parse_qs(urlsplit(used).query)["code"]

    again = client.get(changed(at_provider(client, provider), code=code))

    assert_refused(client, again, Refusal.UNREACHABLE)


def test_a_canceled_sign_in_is_a_page(client, provider, olga):
    back = at_provider(client, provider, "")

    assert_refused(client, client.get(back), Refusal.CANCELED)


def test_an_error_of_the_provider_is_a_page(client, provider, olga):
    state = parse_qs(urlsplit(client.get(START).url).query)["state"][0]

    response = client.get(
        "/accounts/sso/operators/callback/",
        {"state": state, "error": "server_error", "error_description": "<b>no</b>"},
    )

    assert_refused(client, response, Refusal.PROVIDER)
    assert "<b>no" not in response.text


def test_a_response_of_another_issuer_is_refused(client, provider, olga):
    back = changed(at_provider(client, provider), iss="https://evil.example")

    assert_refused(client, client.get(back), Refusal.ISSUER)


def test_a_wrong_client_secret_is_a_page(client, provider, olga, settings):
    settings.OIDC_CLIENT_SECRET = "not-it"

    response = client.get(at_provider(client, provider))

    assert_refused(client, response, Refusal.UNREACHABLE)


WELL_KNOWN = "/.well-known/openid-configuration"


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"issuer": "https://login.example.com"}, Refusal.ISSUER),
        ({"issuer": None}, Refusal.ISSUER),
        ({"authorization_endpoint": "javascript:alert(1)"}, Refusal.CONFIGURATION),
        ({"token_endpoint": 5}, Refusal.CONFIGURATION),
        ({"jwks_uri": None}, Refusal.CONFIGURATION),
        ({"userinfo_endpoint": "file:///etc/passwd"}, Refusal.CONFIGURATION),
        ({"token_endpoint": "http://[::1"}, Refusal.CONFIGURATION),
    ],
)
def test_a_wrong_discovery_document_is_refused(
    client, provider, olga, document, reason
):
    provider.set(publish={WELL_KNOWN: document})

    assert_refused(client, client.get(START), reason)


@pytest.mark.parametrize(
    "keys",
    [
        [],
        [5],
        "text",
        [{"kty": "oct", "kid": "key-1", "k": "c2VjcmV0"}],
        [{"kty": "RSA", "kid": "another", "n": "AQAB", "e": "AQAB"}],
    ],
)
def test_a_token_without_a_published_key_is_refused(client, provider, olga, keys):
    provider.set(publish={"/jwks": {"keys": keys}})
    back = at_provider(client, provider)

    response = client.get(back)

    assert response.context["sentence"] in (
        SENTENCES[Refusal.SIGNATURE],
        SENTENCES[Refusal.TOKEN],
    )
    assert_refused(client, response, Refusal(reason_of(response)))


def reason_of(response) -> Refusal:
    """The reason that the page gives."""
    return next(
        reason
        for reason, sentence in SENTENCES.items()
        if sentence == response.context["sentence"]
    )


@pytest.mark.parametrize(
    ("path", "response", "reason"),
    [
        ("/token", {"id_token": "x.y.z"}, Refusal.TOKEN),
        ("/token", {"id_token": 5}, Refusal.TOKEN),
        ("/token", {"expires_in": "soon"}, None),
        ("/token", {"access_token": ["x"]}, Refusal.UNREACHABLE),
        ("/me", {"sub": "another"}, Refusal.TOKEN),
        ("/me", {"name": ["x"] * 5000}, None),
        ("/me", {"name": "a\u0000b\u202e" * 100}, None),
    ],
)
def test_whatever_the_provider_sends_the_response_is_a_page(
    client, provider, olga, path, response, reason
):
    provider.set(publish={path: response})

    got = client.get(at_provider(client, provider))

    if reason is None:
        assert got.url == "/"
    else:
        assert_refused(client, got, reason)


def test_a_provider_that_does_not_run_is_a_page(client, olga, settings):
    settings.OIDC_ISSUER = "http://127.0.0.1:9"
    settings.OIDC_CLIENT_ID = settings.OIDC_CLIENT_SECRET = "x"

    assert_refused(client, client.get(START), Refusal.UNREACHABLE)


def test_sign_ins_from_one_address_are_limited(client, olga, settings):
    settings.OIDC_ISSUER = "http://127.0.0.1:9"
    settings.OIDC_CLIENT_ID = settings.OIDC_CLIENT_SECRET = "x"

    statuses = [client.get(START).status_code for _ in range(31)]

    assert statuses == [403] * 30 + [429]


def test_without_the_settings_there_is_no_provider(client, olga):
    assert client.get(START).status_code == 404
    assert client.get("/accounts/sso/operators/callback/").status_code == 404
    assert START not in client.get(reverse("sso")).text
