from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from streams.audit.models import AuditEntry
from streams.catalog.pages.models import Logo, PageVersion, StreamProfile
from streams.catalog.pages.services import NEVER_SAVED
from tests import factories


@pytest.fixture
def at(cast):
    """Return a function that makes addresses of pages about the stream's docs."""

    def address(name: str, *args: object) -> str:
        where = (cast.partner.slug, cast.stream.slug, *args)
        return reverse(f"portal:partner-stream-{name}", args=where)

    return address


def write(text: str, seen: str = NEVER_SAVED, **more: str) -> dict[str, str]:
    return {"text": text, "seen": seen, **more}


def test_a_new_stream_has_both_pages_ready_to_publish(as_petra, cast, at):
    for kind in ("source", "integration"):
        shown = as_petra.get(at("docs-publish", kind))
        as_petra.post(at("docs-publish", kind), {"seen": shown.context["mark"]})

    assert as_petra.get(f"/docs/{cast.stream.slug}/").status_code == 200
    assert as_petra.get(f"/docs/{cast.stream.slug}/integration/").status_code == 200


def test_a_draft_is_visible_to_the_team_only_until_it_is_published(as_petra, cast, at):
    as_petra.post(at("docs-page", "source"), write("Ours.\r\n\r\nIndeed."))
    assert as_petra.get(f"/docs/{cast.stream.slug}/").status_code == 404

    draft = PageVersion.objects.get()
    as_petra.post(at("docs-publish", "source"), {"seen": draft.mark})

    assert draft.text == "Ours.\n\nIndeed."
    assert "<p>Ours.</p>" in as_petra.get(f"/docs/{cast.stream.slug}/").text


def test_a_save_can_lead_to_publishing(as_petra, at):
    answer = as_petra.post(at("docs-page", "source"), write("Ours.", publish="yes"))

    assert answer.url == at("docs-publish", "source")


def test_a_save_over_anothers_change_keeps_the_text_and_shows_the_difference(
    as_petra, client, cast, at
):
    as_petra.post(at("docs-page", "source"), write("One"))
    seen = PageVersion.objects.get().mark
    as_petra.post(at("docs-page", "source"), write("Petra's", seen))
    client.force_login(cast.dev)

    told = client.post(at("docs-page", "source"), write("Dev's", seen))

    assert "Someone else saved this page" in told.text
    assert cast.petra.email in told.text
    assert "</span>Petra&#x27;s</p>" in told.text
    assert told.context["form"]["text"].value() == "Dev's"
    assert PageVersion.objects.get().text == "Petra's"

    client.post(at("docs-page", "source"), write("Both", told.context["form"]["seen"].value()))  # fmt: skip
    assert PageVersion.objects.get().text == "Both"


def test_the_preview_shows_a_text_and_saves_nothing(as_petra, at):
    shown = as_petra.post(
        at("docs-preview", "source"),
        write("# Ours\n\n{{ evnts }}\n\n![x](https://evil.example/x.png)"),
        headers={"HX-Request": "true"},
    ).text

    assert '<h2 id="preview-ours">' in shown
    assert "<code>evnts</code> is not a generated section." in shown
    assert "An image is not shown." in shown
    assert "<html" not in shown
    assert not PageVersion.objects.exists()


def test_without_javascript_the_preview_is_the_editor_with_the_text(as_petra, at):
    shown = as_petra.post(at("docs-preview", "source"), write("Ours"))

    assert "<p>Ours</p>" in shown.text
    assert shown.context["form"]["text"].value() == "Ours"


def test_a_text_that_is_too_long_is_refused_and_not_lost(as_petra, at):
    shown = as_petra.post(at("docs-page", "source"), write("x" * 60_001))

    assert "at most 60000 characters" in shown.text
    assert not PageVersion.objects.exists()


def test_a_page_with_an_unknown_section_is_not_published(as_petra, at):
    as_petra.post(at("docs-page", "source"), write("{{ evnts }}"))
    mark = PageVersion.objects.get().mark

    answer = as_petra.post(at("docs-publish", "source"), {"seen": mark}, follow=True)

    assert "“evnts” is not a generated section." in answer.text
    assert PageVersion.objects.get().published_at is None


def test_an_older_version_becomes_the_draft(as_petra, cast, at):
    factories.page_version(cast.stream, number=1, text="One")
    newest = factories.page_version(cast.stream, number=2, text="Two")
    shown = as_petra.get(at("docs-version", "source", 1))
    assert "</span>One</p>" in shown.text

    as_petra.post(at("docs-version", "source", 1), {"seen": newest.mark})

    draft = PageVersion.objects.get(published_at=None)
    assert (draft.number, draft.text) == (3, "One")


def test_support_can_read_and_not_write(client, cast, at):
    client.force_login(cast.sam)

    shown = client.get(at("docs-page", "source")).text

    assert "readonly" in shown
    assert "Save draft" not in shown


def test_unknown_kinds_of_pages_do_not_exist(as_petra, at):
    assert as_petra.get(at("docs-page", "other")).status_code == 404


def test_the_tools_profile_is_changed_at_once(as_petra, cast, at):
    factories.published_pages(cast.stream)
    facts = {"about": "It sends mail.", "website": "postbox.example"}

    as_petra.post(at("docs-facts"), facts)

    shown = as_petra.get(f"/docs/{cast.stream.slug}/").text
    assert "It sends mail." in shown
    assert StreamProfile.objects.get().website == "https://postbox.example"
    assert AuditEntry.objects.filter(action="stream.profile_changed").count() == 1


@pytest.mark.parametrize("website", ["javascript:alert(1)", "ftp://a.example/"])
def test_a_website_must_be_an_http_address(as_petra, at, website):
    shown = as_petra.post(at("docs-facts"), {"website": website})

    assert "Enter a valid URL." in shown.text
    assert not StreamProfile.objects.exists()


def test_a_logo_is_accepted_and_shown(as_petra, cast, at):
    file = SimpleUploadedFile("logo.exe", factories.LOGO, "text/html")

    as_petra.post(at("docs-logo"), {"logo": file})

    shown = as_petra.get(f"/docs/{cast.stream.slug}/logo")
    assert shown.headers["Content-Type"] == "image/svg+xml"


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"", "neither a PNG nor an SVG"), (b"x" * 300_000, "larger than 200 KB")],
)
def test_a_file_that_is_not_a_logo_is_refused_with_the_reason(
    as_petra, at, content, why
):
    file = SimpleUploadedFile("logo.svg", content)

    shown = as_petra.post(at("docs-logo"), {"logo": file}, follow=True).text

    assert why in shown
    assert not Logo.objects.exists()


def test_the_source_page_can_be_downloaded_for_segments_docs(as_petra, cast, at):
    file = as_petra.get(at("docs-export"))

    assert file.headers["Content-Disposition"] == 'attachment; filename="index.md"'
    assert f'title: "{cast.stream.name} Source"' in file.text
    assert "(http://testserver/)" in file.text


def test_the_overview_links_to_the_published_pages(as_dev, cast):
    factories.page_version(cast.stream, "source")
    args = [cast.partner.slug, cast.stream.slug]

    page = as_dev.get(reverse("portal:partner-stream-overview", args=args)).text

    assert f'href="/docs/{cast.stream.slug}/"' in page
    assert f'href="/docs/{cast.stream.slug}/integration/"' not in page
