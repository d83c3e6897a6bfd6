"""Every response has the security headers, whatever created it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import path

from partner_portal import urls
from tests.portal.access_table import HEADERS

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

HSTS = "Strict-Transport-Security"
FORM = {"login": "a@example.com", "password": "x"}
HTTPS, HTTP = {"X-Forwarded-Proto": "https"}, {"X-Forwarded-Proto": "http"}
OURS = HTTPS | {"Host": "portal.example"}


@pytest.fixture(autouse=True)
def behind_a_proxy(settings):
    settings.TRUST_PROXY = settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SECURE_HSTS_SECONDS = 3600
    settings.ALLOWED_HOSTS = ["portal.example"]


def fails(request):
    raise ZeroDivisionError


urlpatterns = [path("fails/", fails), *urls.urlpatterns]
handler400 = urls.handler400


def missing(response) -> set[str]:
    return {*HEADERS, HSTS} - response.headers.keys()


# The responder, the status, and the request.
EARLY = [
    ("a page", 200, "get", "/accounts/login/", OURS, {}),
    ("to the page to sign in on", 302, "get", "/", OURS, {}),
    ("a wrong form", 200, "post", "/accounts/login/", OURS, FORM),
    ("no page", 404, "get", "/nothing/", OURS, {}),
    ("a wrong method", 405, "post", "/healthz", OURS, {}),
    ("a static file", 200, "get", "/static/portal/forms.js", OURS, {}),
    ("liveness", 200, "get", "/healthz", OURS, {}),
    ("readiness", None, "get", "/readyz", OURS, {}),
    ("ingest", 415, "post", "/v1/track", OURS, {}),
    ("api", 404, "get", "/api/replays", OURS, {}),
    ("another host", 400, "get", "/", HTTPS | {"Host": "evil.example"}, {}),
    ("a form to another host", 400, "post", "/accounts/login/",
     HTTPS | {"Host": "evil.example"}, FORM),
    ("a probe of another host", 200, "get", "/healthz",
     HTTPS | {"Host": "evil.example"}, {}),
    ("a form of another origin", 403, "post", "/accounts/login/",
     OURS | {"Origin": "https://portal.example:8443"}, FORM),
]  # fmt: skip


@pytest.mark.parametrize("case", EARLY, ids=lambda case: case[0])
def test_every_kind_of_response_has_them(case):
    _, status, method, path, headers, form = case

    response = getattr(Client(headers=headers), method)(path, form)

    response.close()
    assert status in (None, response.status_code)
    assert not missing(response)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/", 301),
        ("post", "/accounts/login/", 403),
        ("post", "/v1/track", 403),
    ],
)
def test_responses_over_http_have_them_without_hsts(method, path, status):
    headers = HTTP | {"Host": "portal.example"}

    response = getattr(Client(headers=headers), method)(path)

    assert response.status_code == status
    assert missing(response) == {HSTS}


def test_a_form_without_a_token_a_limit_and_a_failure_have_them():
    unsafe = Client(headers=OURS, enforce_csrf_checks=True)
    client = Client(headers=OURS, raise_request_exception=False)
    guesses = [client.post("/accounts/login/", FORM) for _ in range(6)]

    responses = [
        unsafe.post("/accounts/login/", FORM),
        guesses[-1],
        client.get("/fails/"),
    ]

    assert [one.status_code for one in responses] == [403, 429, 500]
    assert not set().union(*map(missing, responses))
