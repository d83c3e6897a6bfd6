from __future__ import annotations

import re

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from streams.catalog.pages.models import Logo, StreamProfile
from streams.catalog.stage import Stage
from streams.docs.guides.index import GUIDES, NAMES
from streams.docs.page_cache import PageCache
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def stream():
    stream = factories.stream(slug="postbox", name="Postbox")
    factories.published_pages(stream)
    return stream


def test_the_published_version_is_shown_and_no_draft(client, stream):
    factories.page_version(stream, number=2, text="Two", published_at=factories.NOW)
    factories.page_version(stream, number=3, text="Not yet", published_at=None)

    shown = client.get("/docs/postbox/").text

    assert "<p>Two</p>" in shown
    assert "Not yet" not in shown


@pytest.mark.parametrize("path", ["", "integration/", "logo"])
def test_unpublished_pages_do_not_exist(client, path):
    stream = factories.stream(slug="postbox")
    factories.page_version(stream, "source", published_at=None)
    factories.page_version(stream, "integration", published_at=None)

    assert client.get(f"/docs/postbox/{path}").status_code == 404
    assert client.get(f"/docs/nobody/{path}").status_code == 404


def test_suspending_a_stream_takes_its_pages_down(client, stream):
    stream.stage = Stage.SUSPENDED
    stream.save()

    for path in ("", "integration/", "logo"):
        assert client.get(f"/docs/postbox/{path}").status_code == 404
    for page in ("/sitemap.xml", "/docs/"):
        assert "postbox" not in client.get(page).text


def test_a_single_page_links_to_no_other(client):
    factories.page_version(factories.stream(slug="postbox"), "source")

    assert "/docs/postbox/integration/" not in client.get("/docs/postbox/").text


def test_visitors_get_no_cookie_and_signed_in_users_cost_no_more(client, stream):
    def queries() -> int:
        with CaptureQueriesContext(database) as asked:
            response = client.get("/docs/postbox/")
        assert not response.cookies
        assert "Cookie" not in response.headers.get("Vary", "")
        return len(asked)

    client.get("/docs/postbox/")  # rendered from now on
    alone = queries()
    client.force_login(factories.user())

    assert queries() == alone


def test_caches_revalidate_a_page_by_its_etag(client, stream):
    first = client.get("/docs/postbox/")

    etag = {"If-None-Match": first.headers["ETag"]}
    again = client.get("/docs/postbox/", headers=etag)
    StreamProfile.objects.create(stream=stream, about="Postbox is new.")
    changed = client.get("/docs/postbox/", headers=etag)

    assert "public" in first.headers["Cache-Control"]
    assert (again.status_code, changed.status_code) == (304, 200)


def test_a_page_is_rendered_once_per_version(client, stream):
    def texts_read(**headers):
        with CaptureQueriesContext(database) as queries:
            shown = client.get("/docs/postbox/", headers=headers)
        return shown, sum('"text"' in query["sql"] for query in queries)

    first, of_first = texts_read()
    again, of_again = texts_read(**{"if-none-match": first["ETag"]})
    factories.page_version(stream, number=2, text="Written again.")
    changed, of_changed = texts_read(**{"if-none-match": first["ETag"]})

    assert (of_first, of_again, of_changed) == (1, 0, 1)
    assert (again.status_code, changed.status_code) == (304, 200)
    assert "Written again." in changed.text


def test_the_cache_of_pages_has_bounded_memory():
    kept = PageCache(max_bytes=10)
    first = kept.page("a", 1, lambda: b"1234567")
    second = kept.page("b", 1, lambda: b"7654321")

    assert (first, second) == (b"1234567", b"7654321")
    assert kept.page("a", 1, lambda: b"new") == b"new"  # it was evicted
    assert kept.page("b", 1, lambda: b"newer") == b"7654321"
    assert kept.page("b", 2, lambda: b"newer") == b"newer"  # rendered again


def test_links_to_a_page_have_a_preview(client, stream):
    StreamProfile.objects.create(stream=stream, about='Postbox "sends" mail.')

    shown = client.get("/docs/postbox/?utm_source=x").text

    assert '<link rel="canonical" href="http://testserver/docs/postbox/">' in shown
    assert '<meta property="og:title" content="Postbox Source">' in shown
    assert 'property="og:description" content="Postbox &quot;sends&quot; mail."' in shown  # fmt: skip
    assert 'content="http://testserver/docs/postbox/logo"' in shown


def test_a_logo_is_served_as_an_inert_picture(client, stream):
    logo = client.get("/docs/postbox/logo")

    assert logo.content == bytes(Logo.objects.get().content)
    assert logo.headers["Content-Type"] == "image/svg+xml"
    assert logo.headers["X-Content-Type-Options"] == "nosniff"
    assert logo.headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    )


def test_the_sitemap_lists_the_guides_and_every_published_page_once(client, stream):
    factories.page_version(stream, number=2)
    factories.page_version(factories.stream(slug="other"), published_at=None)

    listed = re.findall("<loc>(.*?)</loc>", client.get("/sitemap.xml").text)

    assert listed == [
        "http://testserver/docs/",
        *(f"http://testserver/docs/guide/{name}/" for name in NAMES),
        "http://testserver/docs/postbox/",
        "http://testserver/docs/postbox/integration/",
    ]


def test_the_index_lists_all_public_pages(client, stream):
    factories.page_version(factories.stream(slug="other"), published_at=None)

    text = client.get("/docs/").text

    listed = re.sub(r">\s+<", "><", text)
    source = '<li><a href="/docs/postbox/">Postbox Source</a>'
    assert f"{source}<p>The events that Postbox sends to Segment.</p></li>" in listed
    integration = '<a href="/docs/postbox/integration/">Postbox Integration</a>'
    assert f"{integration}<p>Connect Postbox to your Segment workspace.</p>" in listed
    assert listed.index(source) < listed.index(f"<p>{GUIDES['customers'].summary}</p>")
    assert "/docs/other/" not in text


def test_robots_txt_lists_the_paths_for_robots(client):
    assert client.get("/robots.txt").text == (
        "User-agent: *\nAllow: /docs/\nAllow: /static/\nDisallow: /\n"
        "Sitemap: http://testserver/sitemap.xml\n"
    )
