"""Public docs pages of partners, in a reader's browser."""

from __future__ import annotations

import pytest
from django.test import Client

from streams.catalog.pages.models import Logo
from streams.catalog.pages.services import set_logo
from streams.catalog.plans.authoring.templates import template
from streams.catalog.plans.models import PlanVersion
from streams.catalog.plans.plan import to_json
from tests import factories
from tests.base.hostile_markdown import MARKDOWN
from tests.catalog.pages.hostile_svgs import SHAPE, SVGS, svg

pytestmark = pytest.mark.browser

# Everything that could run: elements, attributes, addresses.
LIVE = """() => [...document.querySelectorAll(
  "article *, svg *, svg"
)].filter(one => /^(script|iframe|object|embed|form|base|meta|link|foreignObject|animate|set)$/i
  .test(one.localName) || (one.localName === "style" && /url|@|[/]/.test(one.textContent)) || [...one.attributes].some(({name, value}) =>
  /^on/i.test(name) || /^\\s*(javascript|data|vbscript):/i.test(value))
).map(one => one.outerHTML)"""


@pytest.fixture
def cast(transactional_db):
    """A partner whose published texts and pictures are all hostile."""
    cast = factories.cast()
    text = "\n\n".join(one.replace("\x00", "") for one in MARKDOWN)
    factories.page_version(cast.stream, "source", text=text)
    factories.page_version(cast.stream, "integration", text=text)
    inside = "".join(one for one in SVGS if one.startswith("<svg"))
    set_logo(stream=cast.stream, upload=svg(inside).encode(), actor=None)
    return cast


def watch(context) -> list[str]:
    """Record dialogs and requests of the pages."""
    done: list[str] = []

    def dismiss(dialog) -> None:
        done.append(f"dialog {dialog.message}")
        dialog.dismiss()

    context.on("dialog", dismiss)
    context.on("request", lambda request: done.append(request.url))
    return done


def be(context, person, live_server) -> None:
    """Sign in without the form."""
    client = Client()
    client.force_login(person)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value}
    context.add_cookies([{**cookie, "url": live_server.url}])


def test_hostile_markdown_and_logos_do_nothing(page, cast, live_server):
    done = watch(page.context)
    be(page.context, cast.petra, live_server)
    slug, partner = cast.stream.slug, cast.partner.slug
    editor = f"/p/{partner}/streams/{slug}/docs/source/"
    live = []

    for path in (f"/docs/{slug}/", f"/docs/{slug}/integration/", editor, f"/docs/{slug}/logo"):  # fmt: skip
        page.goto(live_server.url + path, wait_until="networkidle")
        live += page.evaluate(LIVE)

    assert live == []
    assert [one for one in done if not one.startswith(live_server.url)] == []
    assert f"{live_server.url}/docs/{slug}/logo" in done  # it was shown


def test_an_svg_that_passed_the_sanitizer_would_do_nothing_either(
    browser, cast, live_server
):
    """The CSP of the page stops it, and so does the CSP of the picture."""
    raw = svg("<script>document.documentElement.id = 'ran'; alert(1)</script>", 'onload="alert(2)"')  # fmt: skip
    Logo.objects.update(content=raw.encode())
    context = browser.new_context()  # its console may report what was refused
    done, page = watch(context), context.new_page()
    slug = cast.stream.slug

    page.goto(f"{live_server.url}/docs/{slug}/", wait_until="networkidle")
    page.goto(f"{live_server.url}/docs/{slug}/logo", wait_until="networkidle")
    shown, mark = page.content(), page.evaluate("document.documentElement.id")
    context.close()

    assert SHAPE.split('"')[1] in shown
    assert "alert(1)" in shown
    assert mark == ""
    assert [one for one in done if not one.startswith(live_server.url)] == []


def test_a_phone_shows_tables_of_three_columns_in_full(
    page, transactional_db, live_server
):
    stream = factories.stream()
    PlanVersion.objects.create(
        stream=stream,
        number=1,
        content=to_json(template("email").plan),
        published_at=factories.NOW,
    )
    factories.published_pages(stream)
    page.set_viewport_size({"width": 375, "height": 740})

    page.goto(f"{live_server.url}/docs/{stream.slug}/")

    assert page.locator(".scroll").count() > 8
    assert (
        page.evaluate(
            "[...document.querySelectorAll('.scroll')]"
            ".filter(one => one.scrollWidth > one.clientWidth).map(one => one.innerText)"
        )
        == []
    )
