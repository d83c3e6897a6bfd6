"""Segment's regions and their hosts (segment/http-api.md, 1)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Region(models.TextChoices):
    """A write key belongs to one region. In the other, Segment silently discards events."""

    US = "us", _("United States")
    EU = "eu", _("Europe (Ireland)")
    # The simulated Segment has both regions, so that you can try both without an account.
    SANDBOX = "sandbox", _("Sandbox")
    SANDBOX_EU = "sandbox-eu", _("Sandbox (Europe)")

    @property
    def short(self) -> str:
        """A short name without parentheses, for lists."""
        names = {
            Region.US: _("US"),
            Region.EU: _("EU"),
            Region.SANDBOX: _("Sandbox"),
            Region.SANDBOX_EU: _("Sandbox EU"),
        }
        return str(names[self])

    @property
    def is_sandbox(self) -> bool:
        """Whether events stay in the sandbox and never reach a real source."""
        return self in SANDBOXES


SANDBOXES = frozenset({Region.SANDBOX, Region.SANDBOX_EU})


def offered() -> list[Region]:
    """The regions that a customer can select in this portal."""
    return [r for r in Region if not r.is_sandbox or settings.SANDBOX_URL]


def tracking_url(region: str) -> str:
    """The URL of the region's Tracking API, including `/v1`."""
    urls = {
        Region.US: settings.SEGMENT_US_URL,
        Region.EU: settings.SEGMENT_EU_URL,
        Region.SANDBOX: f"{settings.SANDBOX_URL}/v1",
        Region.SANDBOX_EU: f"{settings.SANDBOX_URL}/eu/v1",
    }
    return str(urls[Region(region)])


def settings_url(region: str) -> str:
    """The URL of sources' settings: one host for the US and the EU."""
    if Region(region).is_sandbox:
        return tracking_url(region)
    return str(settings.SEGMENT_CDN_URL)
