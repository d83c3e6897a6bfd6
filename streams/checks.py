"""Checks for `manage.py check --deploy`: settings that are valid but not safe.

Invalid values stop every process at startup; see `partner_portal/environment/`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from streams.base.public_urls import portal_url


@register(Tags.security, deploy=True)
def ready_for_production(**_: Any) -> list[CheckMessage]:
    """Report what the first run can do without but a production installation cannot."""
    return list(_unready())


def _unready() -> Iterator[CheckMessage]:
    if not settings.REDIS_URL:
        yield Error(
            "REDIS_URL is not set, so web and ingest processes cannot wake the workers.",
            hint="Set REDIS_URL=redis://host:6379/0.",
            id="streams.E010",
        )
    yield from _open_to_others()
    yield from _unencrypted()
    yield from _wrong_proxies()
    yield from _for_evaluation()
    yield from _unset_addresses()
    yield from _half_a_provider()


def _for_evaluation() -> Iterator[CheckMessage]:
    if "sqlite" in settings.DATABASES["default"]["ENGINE"]:
        yield Warning(
            "The database is SQLite, which is meant for evaluation on one machine.",
            hint="Set DATABASE_URL=postgres://user:password@host/name.",
            id="streams.W010",
        )
    if settings.SANDBOX_URL:
        yield Warning(
            "SANDBOX_URL is set, so customers can choose the region Sandbox.",
            hint="Leave SANDBOX_URL empty if customers connect only real workspaces.",
            id="streams.W011",
        )


def _unset_addresses() -> Iterator[CheckMessage]:
    if settings.ALLOWED_HOSTS and not portal_url():
        yield Warning(
            "PORTAL_URL is not set, and ALLOWED_HOSTS starts with a pattern, so the"
            " portal does not know its own address.",
            hint="Set PORTAL_URL to the public address of the web pages.",
            id="streams.W017",
        )
    if not settings.INGEST_URL:
        yield Warning(
            "INGEST_URL is not set, so pages show the web address as the address for"
            " events.",
            hint="Set INGEST_URL to the public address of the ingest process.",
            id="streams.W012",
        )
    if "console" in settings.MAILERS["default"]["BACKEND"]:
        yield Warning(
            "EMAIL_URL is not set, so invitations and their links are written to the log.",
            hint="Set EMAIL_URL=smtp+tls://user:password@host:587.",
            id="streams.W013",
        )
    if not settings.REVIEW_EMAIL:
        yield Warning(
            "REVIEW_EMAIL is not set, so no one is notified when a partner submits a"
            " stream.",
            hint="Set REVIEW_EMAIL to the addresses of the operators who review streams.",
            id="streams.W014",
        )


def _half_a_provider() -> Iterator[CheckMessage]:
    values = (
        settings.OIDC_ISSUER,
        settings.OIDC_CLIENT_ID,
        settings.OIDC_CLIENT_SECRET,
    )
    if any(values) and not all(values):
        yield Error(
            "Only some of OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET are set, so"
            " operators can't use single sign-on.",
            hint="Set all three, or none.",
            id="streams.E017",
        )
    if settings.OIDC_ISSUER.lower().startswith("http:"):
        yield Warning(
            "OIDC_ISSUER starts with http://, so anyone on the network in between can sign"
            " in as an operator.",
            hint="Use https://.",
            id="streams.W018",
        )


def _wrong_proxies() -> Iterator[CheckMessage]:
    """Without trust in the proxy, all users share its address and its rate limits."""
    if settings.HTTPS and not settings.TRUST_PROXY:
        yield Error(
            "HTTPS is on but TRUST_PROXY is off, so every request is redirected, and the"
            " sign-in limits count the proxy's address.",
            hint="Set TRUST_PROXY=on, and configure the proxy to set X-Forwarded-Proto"
            " and X-Forwarded-For.",
            id="streams.E011",
        )


def _open_to_others() -> Iterator[CheckMessage]:
    if settings.DEBUG:
        yield Error(
            "DEBUG is on, so error pages show code and settings to everyone.",
            hint="Set DEBUG=off.",
            id="streams.E013",
        )
    if not settings.REQUIRE_SECOND_FACTOR:
        yield Error(
            "REQUIRE_SECOND_FACTOR is off, so a stolen password is enough to open the"
            " admin.",
            hint="Set REQUIRE_SECOND_FACTOR=on.",
            id="streams.E018",
        )
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        yield Error(
            "ALLOWED_HOSTS is empty or *, so the portal has no host name of its own.",
            hint="Set ALLOWED_HOSTS=portal.example.com.",
            id="streams.E014",
        )


def _unencrypted() -> Iterator[CheckMessage]:
    if not settings.HTTPS:
        yield Error(
            "HTTPS is off, so passwords and keys are sent unencrypted.",
            hint="Set HTTPS=on and TRUST_PROXY=on, behind a proxy that terminates TLS.",
            id="streams.E015",
        )
    options = settings.REDIS_URL.partition("?")[2]
    if "ssl_cert_reqs=none" in options or "ssl_check_hostname=" in options:
        yield Error(
            "REDIS_URL turns off verification of the broker's certificate.",
            hint="Remove ssl_cert_reqs and ssl_check_hostname from REDIS_URL.",
            id="streams.E016",
        )
    if settings.SECURE_HSTS_PRELOAD and not settings.SECURE_HSTS_INCLUDE_SUBDOMAINS:
        yield Warning(
            "HSTS_PRELOAD has no effect without HSTS_INCLUDE_SUBDOMAINS.",
            hint="Turn on both, or neither.",
            id="streams.W015",
        )
    for name in ("INGEST_URL", "SEGMENT_US_URL", "SEGMENT_EU_URL", "SEGMENT_CDN_URL"):
        if getattr(settings, name).lower().startswith("http:"):
            yield Warning(
                f"{name} starts with http://, so keys and events are sent unencrypted.",
                hint="Use https://.",
                id="streams.W016",
            )
