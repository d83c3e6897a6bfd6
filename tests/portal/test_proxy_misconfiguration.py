"""A misconfigured proxy, as people, programs and operators see it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories

pytestmark = pytest.mark.django_db

HTTPS = {"X-Forwarded-Proto": "https"}


@pytest.fixture(autouse=True)
def behind_a_proxy(settings):
    settings.TRUST_PROXY = settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.ALLOWED_HOSTS = ["portal.example", "other.example"]


def sign_in(**headers):
    user = factories.user()
    client = Client(enforce_csrf_checks=True, headers=HTTPS | headers)
    page = client.get(reverse("account_login"))
    assert page.status_code == 200, page.text
    return client.post(
        reverse("account_login"),
        {
            "login": user.email,
            "password": factories.PASSWORD,
            "csrfmiddlewaretoken": page.context["csrf_token"],
        },
    )


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:8000",
        "[::1]:8000",
        "web:8000",
        "portal_web",
        "10.1.2.3",
        "portal.example",
    ],
)
def test_x_forwarded_proto_alone_is_sufficient(host):
    """By default, nginx sends the name of its upstream as Host."""
    answer = sign_in(Host=host, Origin="https://portal.example")

    assert (answer.status_code, answer.url) == (302, "/")


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "web:8000"])
def test_it_is_sufficient_if_the_upstreams_address_is_allowed_too(settings, host):
    """Health checks use that address."""
    settings.ALLOWED_HOSTS = ["portal.example", "127.0.0.1", "web"]

    ours = sign_in(Host=host, Origin="https://portal.example")
    other = sign_in(Host=host, Origin="https://evil.example")

    assert (ours.status_code, ours.url) == (302, "/")
    assert other.status_code == 403


def test_a_portal_reached_by_its_address_stays_there(settings):
    settings.ALLOWED_HOSTS = ["portal.example", "10.1.2.3"]

    answer = sign_in(Host="10.1.2.3", Origin="https://10.1.2.3")

    assert (answer.status_code, answer.url) == (302, "/")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "portal.example.evil.io"]
)
def test_an_unknown_host_name_gets_a_page_that_says_so(host, caplog):
    answer = Client(headers=HTTPS | {"Host": host}).get("/")

    assert answer.status_code == 400
    assert f"<strong>{host}</strong>" in answer.text
    assert "add the host name to ALLOWED_HOSTS" in answer.text
    assert any("proxy.host_not_allowed" in str(record.msg) for record in caplog.records)


@pytest.mark.parametrize("path", ["/v1/batch", "/api/v1/replays"])
def test_a_program_with_an_unknown_host_name_gets_json(path):
    answer = Client(headers=HTTPS | {"Host": "evil.example"}).post(path)

    assert (answer.status_code, answer.json()["code"]) == (400, "HOST-001")


def test_an_unknown_host_name_is_logged_once(caplog):
    Client(headers=HTTPS | {"Host": "evil.example"}).get("/")

    (record,) = [r for r in caplog.records if r.levelname in ("ERROR", "CRITICAL")]
    assert "proxy.host_not_allowed" in str(record.msg)
    assert record.exc_info is None


@pytest.mark.parametrize(
    "origin",
    ["https://portal.example:8443", "https://other.example", "http://portal.example"],
)
def test_a_proxy_that_hides_the_address_is_named(origin, caplog):
    """nginx does so with `Host $host` on another port than 443."""
    answer = sign_in(Host="portal.example", Origin=origin)

    assert answer.status_code == 403
    assert "differs from the address that the proxy forwarded" in answer.text
    assert f"<strong>{origin}</strong>" in answer.text
    assert "cookies" not in answer.text
    assert any("proxy.origin_differs" in str(record.msg) for record in caplog.records)


@pytest.mark.parametrize(
    "path", ["/", "/accounts/login/", "/p/postbox/members/", "/admin/login/"]
)
def test_a_form_over_http_gets_an_explanation(path):
    answer = Client(headers={"Host": "portal.example"}).post(path, {"a": "b"})

    assert answer.status_code == 403
    assert "only accepts HTTPS" in answer.text


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/track", "/api/v1/replays"])
@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_a_program_over_http_gets_an_explanation(path, method):
    answer = getattr(Client(headers={"Host": "portal.example"}), method)(path)

    assert (answer.status_code, answer.json()["code"]) == (403, "HTTPS-001")
    assert "https://" in answer.json()["fix"]


def test_a_page_over_http_redirects_to_https():
    answer = Client(headers={"Host": "portal.example"}).get("/accounts/login/")

    assert (answer.status_code, answer.url) == (
        301,
        "https://portal.example/accounts/login/",
    )


def test_browsers_send_events_from_any_page():
    headers = HTTPS | {"Host": "portal.example", "Origin": "https://shop.example"}

    answer = Client(headers=headers).post(
        "/v1/track", {}, content_type="application/json"
    )

    assert answer.status_code == 401
