"""What is unsafe in settings that are valid: `manage.py check --deploy` says it in words.

Values that cannot be used end every process: `partner_portal/environment/`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register


@register(Tags.security, deploy=True)
def ready_for_production(**_: Any) -> list[CheckMessage]:
    """What the first run may do without, and an installation for others may not."""
    return list(_unready())


def _unready() -> Iterator[CheckMessage]:
    if not settings.REDIS_URL:
        yield Error(
            "REDIS_URL is not set: web and ingest cannot wake the workers.",
            hint="Set REDIS_URL=redis://host:6379/0.",
            id="streams.E010",
        )
    yield from _open_to_others()
    yield from _unencrypted()
    yield from _wrong_proxies()
    if "sqlite" in settings.DATABASES["default"]["ENGINE"]:
        yield Warning(
            "The database is SQLite: good for one machine and a first look.",
            hint="Set DATABASE_URL=postgres://user:password@host/name.",
            id="streams.W010",
        )
    if settings.SANDBOX_URL:
        yield Warning(
            "SANDBOX_URL is set: customers are offered the region Sandbox.",
            hint="Leave it empty where real customers connect real workspaces only.",
            id="streams.W011",
        )
    if not settings.INGEST_URL:
        yield Warning(
            "INGEST_URL is not set: pages name the web address as the one for events.",
            hint="Set it to the public address of the ingest process.",
            id="streams.W012",
        )
    if "console" in settings.MAILERS["default"]["BACKEND"]:
        yield Warning(
            "EMAIL_URL is not set: invitations, with their links, go to the log.",
            hint="Set EMAIL_URL=smtp+tls://user:password@host:587.",
            id="streams.W013",
        )
    if not settings.REVIEW_EMAIL:
        yield Warning(
            "REVIEW_EMAIL is not set: staff see what partners submit in the admin alone.",
            hint="Set it to the address of those who review streams.",
            id="streams.W014",
        )


def _wrong_proxies() -> Iterator[CheckMessage]:
    """Behind a proxy that is not believed, all people share its address and its limits."""
    if settings.HTTPS and not settings.TRUST_PROXY:
        yield Error(
            "HTTPS is on and TRUST_PROXY is off: every request is redirected, and limits on"
            " sign-ins count the proxy's address.",
            hint="Set TRUST_PROXY=on, and let the proxy set X-Forwarded-Proto and"
            " X-Forwarded-For.",
            id="streams.E011",
        )


def _open_to_others() -> Iterator[CheckMessage]:
    if settings.DEBUG:
        yield Error(
            "DEBUG is on: errors show code and settings to everyone.",
            hint="Set DEBUG=off.",
            id="streams.E013",
        )
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        yield Error(
            "ALLOWED_HOSTS is empty or *: the portal has no host name of its own.",
            hint="Set ALLOWED_HOSTS=portal.example.com.",
            id="streams.E014",
        )


def _unencrypted() -> Iterator[CheckMessage]:
    if not settings.HTTPS:
        yield Error(
            "HTTPS is off: passwords and keys are sent unencrypted.",
            hint="Set HTTPS=on and TRUST_PROXY=on, behind a proxy that speaks https.",
            id="streams.E015",
        )
    options = settings.REDIS_URL.partition("?")[2]
    if "ssl_cert_reqs=none" in options or "ssl_check_hostname=" in options:
        yield Error(
            "REDIS_URL turns off verification of the broker's certificate.",
            hint="Remove ssl_cert_reqs and ssl_check_hostname from it.",
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
                f"{name} starts with http://: keys and events are sent unencrypted.",
                hint="Use https://.",
                id="streams.W016",
            )
