"""Where this installation is reached, as its pages print it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Addresses:
    """Without a slash at the end."""

    portal: str  # pages and API
    ingest: str  # events


def addresses(request: HttpRequest) -> Addresses:
    """Those of this installation; events go where the pages are if there is no other."""
    portal = request.build_absolute_uri("/").rstrip("/")
    return Addresses(portal, settings.INGEST_URL or portal)
