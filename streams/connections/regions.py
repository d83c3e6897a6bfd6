"""Segment's regions and their hosts (segment/http-api.md, 1)."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Region(models.TextChoices):
    """A write key belongs to one; sent to the other, its events vanish in silence."""

    US = "us", "United States"
    EU = "eu", "Europe (Ireland)"
    # The practice Segment has both regions, so that both can be tried without an account.
    SANDBOX = "sandbox", "Sandbox"
    SANDBOX_EU = "sandbox-eu", "Sandbox (Europe)"

    @property
    def is_sandbox(self) -> bool:
        """Nothing that goes there reaches a customer's real source."""
        return self in SANDBOXES


SANDBOXES = frozenset({Region.SANDBOX, Region.SANDBOX_EU})


def offered() -> list[Region]:
    """The regions that a customer may pick here."""
    return [r for r in Region if not r.is_sandbox or settings.SANDBOX_URL]


def tracking_url(region: str) -> str:
    """Where the region takes events, `/v1` included."""
    urls = {
        Region.US: settings.SEGMENT_US_URL,
        Region.EU: settings.SEGMENT_EU_URL,
        Region.SANDBOX: f"{settings.SANDBOX_URL}/v1",
        Region.SANDBOX_EU: f"{settings.SANDBOX_URL}/eu/v1",
    }
    return str(urls[Region(region)])


def settings_url(region: str) -> str:
    """Where a source's settings are served: one host for US and EU alike."""
    if Region(region).is_sandbox:
        return tracking_url(region)
    return str(settings.SEGMENT_CDN_URL)
