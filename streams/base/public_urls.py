"""The public URLs of this installation, as shown on its pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class PublicUrls:
    """URLs without a trailing slash."""

    portal: str  # pages and API
    ingest: str  # events


def addresses(request: HttpRequest) -> PublicUrls:
    """Return this installation's URLs; ingest falls back to the portal's."""
    portal = request.build_absolute_uri("/").rstrip("/")
    return PublicUrls(portal, settings.INGEST_URL or portal)
