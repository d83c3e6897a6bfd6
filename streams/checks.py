"""What is missing or unsafe in the settings, said in words. `manage.py check` runs it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from streams.base.keyring import KeyRing, KeyRingError

NOT_BELOW_0 = (
    "MAX_FEED_BACKLOG_EVENTS", "MAX_BACKLOG_EVENTS", "MIN_FREE_DISK_BYTES",
    "MAX_DATABASE_BYTES",
)  # fmt: skip


@register(Tags.security)
def secrets_can_be_kept(**_: Any) -> list[CheckMessage]:
    """Write keys must be encrypted from the first one on."""
    try:
        KeyRing.parse(settings.ENCRYPTION_KEYS)
    except KeyRingError as error:
        hint = (
            "Make a key: python -c \"import base64, os; print('k1:' +"
            ' base64.b64encode(os.urandom(32)).decode())"'
        )
        return [Error(str(error), hint=hint, id="streams.E001")]
    return []


@register
def times_fit_together(**_: Any) -> list[CheckMessage]:
    """Numbers that depend on each other."""
    return list(_wrong_numbers())


def _wrong_numbers() -> Iterator[CheckMessage]:
    if settings.DEDUP_WINDOW_HOURS < 24:
        yield Error(
            f"DEDUP_WINDOW_HOURS is {settings.DEDUP_WINDOW_HOURS}; Segment itself"
            " guarantees 24.",
            hint="Set it to 24 or more.",
            id="streams.E002",
        )
    if settings.LEASE_S < 5:
        yield Error(
            f"LEASE_S is {settings.LEASE_S}; a busy worker could lose its lease"
            " between two heartbeats.",
            hint="Set it to 5 seconds or more.",
            id="streams.E003",
        )
    if settings.SENDER_THREADS < 1:
        yield Error("SENDER_THREADS must be 1 or more.", id="streams.E004")
    for name in NOT_BELOW_0:
        if getattr(settings, name) < 0:
            yield Error(
                f"{name} is below 0.",
                hint="Set a bound, or 0 for none.",
                id="streams.E005",
            )


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
