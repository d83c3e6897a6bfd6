from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from streams.audit.models import AuditEntry
from streams.catalog.pages.models import Logo
from streams.catalog.pages.page_kinds import PageKind
from streams.catalog.pages.services import (
    NEVER_SAVED,
    CannotPublish,
    PageConflict,
    publish,
    remove_logo,
    save_draft,
    set_logo,
)
from streams.catalog.services import create_stream
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def stream():
    return factories.stream()


def save(stream, text: str, seen: str = NEVER_SAVED, actor=None):
    return save_draft(stream=stream, kind=PageKind.SOURCE, text=text, seen=seen, actor=actor)  # fmt: skip


def show(stream, text: str, seen: str = NEVER_SAVED, actor=None):
    return publish(
        stream=stream, kind=PageKind.SOURCE, text=text, seen=seen, actor=actor
    )


def states(stream) -> list[tuple[int, str, bool]]:
    return [
        (one.number, one.text, one.published_at is not None)
        for one in stream.page_versions.order_by("number")
    ]


def test_a_draft_is_edited_until_it_is_published(stream):
    dev = factories.user()
    first = save(stream, "One")
    second = save(stream, "Two", first.mark)

    published = show(stream, "Three", second.mark, dev)

    assert states(stream) == [(1, "Three", True)]
    assert published.published_by == dev


def test_a_published_version_never_changes(stream):
    first = show(stream, "One")

    save(stream, "Two", first.mark)

    assert states(stream) == [(1, "One", True), (2, "Two", False)]


def test_a_save_over_anothers_change_is_refused_and_loses_nothing(stream):
    ann = factories.user("ann@example.com")
    seen = save(stream, "One").mark
    save(stream, "Ann's", seen, ann)

    with pytest.raises(PageConflict) as told:
        save(stream, "Ben's", seen)

    assert told.value.current.edited_by == ann
    assert states(stream) == [(1, "Ann's", False)]


def test_publishing_over_anothers_change_is_refused(stream):
    seen = save(stream, "One").mark
    save(stream, "Two", seen)

    with pytest.raises(PageConflict):
        show(stream, "One", seen)

    assert states(stream) == [(1, "Two", False)]


def test_saving_the_published_text_creates_no_draft(stream):
    mark = show(stream, "One").mark

    save(stream, "One", mark)

    assert states(stream) == [(1, "One", True)]


@pytest.mark.parametrize(
    ("text", "why"),
    [(" \n", "is empty"), ("{{ evnts }}", "“evnts” is not a generated section")],
)
def test_a_page_with_a_problem_is_not_published(stream, text, why):
    with pytest.raises(CannotPublish, match=why):
        show(stream, text)

    assert states(stream) == []


def test_an_unchanged_page_is_not_published_again(stream):
    mark = show(stream, "One").mark

    with pytest.raises(CannotPublish, match="identical to the published version"):
        show(stream, "One", mark)


def test_saving_and_publishing_are_audited(stream):
    dev = factories.user()

    show(stream, "One", actor=dev)

    detail = {"stream": stream.slug, "page": "source", "number": 1}
    assert list(AuditEntry.objects.values_list("action", "actor", "detail")) == [
        ("page.saved", dev.pk, detail),
        ("page.published", dev.pk, detail),
    ]


def test_a_logo_is_replaced_and_removed(stream):
    set_logo(stream=stream, upload=factories.LOGO, actor=None)
    set_logo(stream=stream, upload=factories.LOGO, actor=None)
    assert Logo.objects.get().content_type == "image/svg+xml"

    remove_logo(stream=stream, actor=None)

    assert not Logo.objects.exists()


@pytest.mark.parametrize("slug", ["guide", "search"])
def test_no_stream_can_hide_the_portals_own_docs(slug):
    with pytest.raises(ValidationError, match=f"“{slug}” is reserved"):
        create_stream(partner=factories.partner(), name="Guide", slug=slug, actor=None)
