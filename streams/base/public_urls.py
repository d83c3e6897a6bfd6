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


def portal_url() -> str:
    """Return the URL of the pages without a request, and without a trailing slash.

    Empty if PORTAL_URL isn't set and the first of ALLOWED_HOSTS is a pattern, or missing.
    """
    if settings.PORTAL_URL:
        return str(settings.PORTAL_URL)
    if not settings.HTTPS:
        return f"http://localhost:{settings.PORT}"
    host = next(iter(settings.ALLOWED_HOSTS), "*")
    return "" if host.startswith(("*", ".")) else f"https://{host}"
