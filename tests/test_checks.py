from __future__ import annotations

import pytest

from streams.checks import ready_for_production


@pytest.fixture
def safe(settings, monkeypatch):
    """The settings of a safe installation."""
    settings.DEBUG, settings.HTTPS, settings.TRUST_PROXY = False, True, True
    settings.ALLOWED_HOSTS = ["portal.example.com"]
    settings.REDIS_URL = "rediss://broker/0?ssl_cert_reqs=required"
    monkeypatch.setitem(settings.MAILERS["default"], "BACKEND", "smtp")
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "postgresql")
    settings.REVIEW_EMAIL = ["staff@example.com"]
    settings.INGEST_URL = "https://events.example.com"
    settings.SANDBOX_URL = ""
    for name in ("SEGMENT_US_URL", "SEGMENT_EU_URL", "SEGMENT_CDN_URL"):
        setattr(settings, name, "https://segment.example.com/v1")
    return settings


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("REDIS_URL", "", "streams.E010"),
        ("DEBUG", True, "streams.E013"),
        ("ALLOWED_HOSTS", [], "streams.E014"),
        ("ALLOWED_HOSTS", ["portal.example", "*"], "streams.E014"),
        ("ALLOWED_HOSTS", [".example.com"], "streams.W017"),
        ("HTTPS", False, "streams.E015"),
        ("REDIS_URL", "rediss://broker?ssl_cert_reqs=none", "streams.E016"),
        (
            "REDIS_URL",
            "rediss://broker?ssl_check_hostname=false&ssl_cert_reqs=required",
            "streams.E016",
        ),
        ("SECURE_HSTS_PRELOAD", True, "streams.W015"),
        ("INGEST_URL", "http://events.example.com", "streams.W016"),
        ("SEGMENT_EU_URL", "HTTP://segment.example", "streams.W016"),
        ("REQUIRE_SECOND_FACTOR", False, "streams.E018"),
        ("OIDC_ISSUER", "https://login.example.com", "streams.E017"),
        ("OIDC_CLIENT_SECRET", "x", "streams.E017"),
    ],
)
def test_unsafe_settings_are_found(safe, name, value, found):
    assert [check.id for check in ready_for_production()] == []

    setattr(safe, name, value)

    assert [check.id for check in ready_for_production()] == [found]


def test_a_provider_without_encryption_is_found(safe):
    safe.OIDC_ISSUER = "http://login.example.com"
    safe.OIDC_CLIENT_ID = safe.OIDC_CLIENT_SECRET = "x"

    assert [check.id for check in ready_for_production()] == ["streams.W018"]


@pytest.mark.parametrize(("trusted", "ids"), [(False, {"streams.E011"}), (True, set())])
def test_clients_behind_a_proxy_must_be_distinguishable(settings, trusted, ids):
    settings.HTTPS, settings.TRUST_PROXY = True, trusted

    found = {check.id for check in ready_for_production()}

    assert found & {"streams.E011"} == ids
