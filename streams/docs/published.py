"""List the published docs pages of all streams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from streams.catalog.pages.models import PageVersion
from streams.catalog.pages.page_kinds import PageKind
from streams.catalog.stage import Stage
from streams.publishing.pages import address_of, title_of

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SUMMARIES: Mapping[PageKind, StrOrPromise] = {
    PageKind.SOURCE: _("The events that %(stream)s sends to Segment."),
    PageKind.INTEGRATION: _("Connect %(stream)s to your Segment workspace."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPage:
    """The latest published version of a page."""

    title: str
    path: str
    changed_at: datetime
    summary: str  # one line


def published_pages(most: int) -> Iterator[PublishedPage]:
    """Yield the pages by stream name, with one query."""
    rows = (
        PageVersion.objects.exclude(published_at=None)
        .exclude(stream__stage=Stage.SUSPENDED)
        .values_list("stream__name", "stream__slug", "kind")
        .annotate(changed_at=Max("published_at"))
        .order_by("stream__name", "stream__slug", "-kind")  # source page first
    )
    for name, slug, kind, changed_at in rows[:most]:
        yield PublishedPage(
            title=title_of(PageKind(kind), name),
            path=address_of(PageKind(kind), slug),
            changed_at=changed_at,
            summary=SUMMARIES[PageKind(kind)] % {"stream": name},
        )
