"""Collect the searchable sections of the guides and of every published page."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.db.models import OuterRef, Subquery

from streams.catalog.models import Stream
from streams.catalog.pages.models import PageVersion
from streams.catalog.pages.page_kinds import PageKind
from streams.catalog.plans.models import PlanVersion
from streams.catalog.stage import Stage
from streams.docs.guides import index
from streams.docs.page_cache import dependencies
from streams.docs.search.sections import SearchSection, sections_of
from streams.publishing.page_data import facts_of
from streams.publishing.pages import address_of, document_of, title_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.base.public_urls import PublicUrls

MOST_STREAMS = 1_000
# The time that a search may spend on rendering changed pages. The next search continues
# with the rest.
READING_S = 1.0


def corpus(at: PublicUrls) -> Iterator[SearchSection]:
    """Yield all sections, guides first. Runs one query if no page has changed."""
    for name in index.NAMES:
        yield from _of_guide(name, at)
    yield from _shelves.sections()


@lru_cache(maxsize=index.RENDERED)
def _of_guide(name: str, at: PublicUrls) -> list[SearchSection]:
    guide = index.GUIDES[name]
    html = index.read(name, at).html
    return sections_of(html, page=guide.title, path=guide.path)


class _Shelves:
    """The sections of the streams' pages, cached until a page changes."""

    def __init__(self) -> None:
        self._read: dict[tuple[int, PageKind], tuple[object, list[SearchSection]]] = {}

    def sections(self) -> Iterator[SearchSection]:
        until = time.monotonic() + READING_S
        read: dict[tuple[int, PageKind], tuple[object, list[SearchSection]]] = {}
        for stream, kind, version in _published():
            key = (stream.pk, kind)
            printed = dependencies(
                stream, version=version, plan=getattr(stream, "plan_pk", None)
            )
            known = self._read.get(key)
            if known is None or known[0] != printed:
                if read and time.monotonic() > until:
                    continue
                known = (printed, _of_page(stream, kind, version))
            read[key] = known
        # Replaced, not modified, because other threads may be reading it.
        self._read = read
        for _, sections in read.values():
            yield from sections


_shelves = _Shelves()


def _published() -> Iterator[tuple[Stream, PageKind, int]]:
    """Yield each public page with the ID of its version."""
    versions = PageVersion.objects.published().filter(stream=OuterRef("pk"))
    plans = PlanVersion.objects.published().filter(stream=OuterRef("pk"))
    streams = (
        Stream.objects.exclude(stage=Stage.SUSPENDED)
        .select_related("partner", "profile")
        .annotate(
            plan_pk=Subquery(plans.values("pk")[:1]),
            **{f"{kind}_pk": _newest(versions, kind) for kind in PageKind},
        )
        .order_by("name", "pk")
    )
    for stream in streams[:MOST_STREAMS]:
        for kind in PageKind:
            if (version := getattr(stream, f"{kind}_pk")) is not None:
                yield stream, kind, version


def _newest(versions: Any, kind: PageKind) -> Subquery:
    return Subquery(versions.filter(kind=kind).values("pk")[:1])


def _of_page(stream: Stream, kind: PageKind, version: int) -> list[SearchSection]:
    text = PageVersion.objects.get(pk=version).text
    facts = facts_of(stream, kind, with_pictures=False)
    return sections_of(
        document_of(text, facts).html,
        page=title_of(kind, stream.name),
        path=address_of(kind, stream.slug),
        with_rules=False,
    )
