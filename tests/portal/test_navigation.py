"""Each page declares its place in the navigation, and the page marks it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver

from streams.portal import urls
from tests.portal.access_table import ROWS, Row, Scene, set_scene

# Pages outside of any partner or workspace: they have no navigation.
WITHOUT_NAVIGATION = {"home", "invitation", "profile", "unsubscribe", "your-page"}
LISTS = ("nav", "tabs")  # classes of the sidebar's list and of a stream's tabs


@dataclass
class Navigation(HTMLParser):
    """The links of the sidebar and of the tabs, and which of them are current."""

    html: str
    links: dict[str, list[str]] = field(default_factory=dict)  # by class of the list
    current: dict[str, list[str]] = field(default_factory=dict)
    _open: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "ul" and named.get("class") in LISTS:
            self._open = named["class"]
            self.links[self._open], self.current[self._open] = [], []
        elif tag == "a" and self._open:
            self.links[self._open].append(named["href"])
            if named.get("aria-current") == "page":
                self.current[self._open].append(named["href"])

    def handle_endtag(self, tag: str) -> None:
        if tag == "ul":
            self._open = ""


def declared(
    patterns: list[URLPattern | URLResolver], above: dict[str, str] | None = None
) -> Iterator[tuple[str, dict[str, str]]]:
    """Each path's name, with its options and those of the lists that include it."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            options = {**(above or {}), **pattern.default_kwargs}
            yield from declared(pattern.url_patterns, options)
        else:
            yield pattern.name, {**(above or {}), **pattern.default_args}


@pytest.fixture
def scene(db, settings, segment) -> Scene:
    settings.SANDBOX_URL = segment.url
    return set_scene()


def navigation(scene: Scene, path: str) -> Navigation:
    """The navigation of a page, as an admin of its workspace or partner sees it."""
    client = Client()
    client.force_login(scene.cast.petra if path.startswith("/p/") else scene.cast.anna)
    response = client.get(path)
    return Navigation("" if response.streaming else response.text)  # a download


def test_every_path_declares_its_section():
    without = {
        name for name, options in declared(urls.pages) if "section" not in options
    }

    assert without == WITHOUT_NAVIGATION


def test_every_page_of_a_stream_declares_its_tab():
    without = {
        name for name, options in declared(urls.stream_pages) if "tab" not in options
    }

    assert without == set()


def test_exactly_one_link_of_each_list_is_current_on_every_page(scene):
    rows = [row for row in ROWS if row.method == "get" and 200 in row.gets]
    pages = {row.route: navigation(scene, scene.url(row)) for row in rows}
    shown = {route: page for route, page in pages.items() if page.links}

    assert {
        route: page.current
        for route, page in shown.items()
        if any(len(links) != 1 for links in page.current.values())
    } == {}
    assert len(shown) > 40
    assert sum("tabs" in page.links for page in shown.values()) >= 7


@pytest.mark.parametrize(
    ("route", "list_class"),
    [
        ("w/<public_id>/", "nav"),
        ("p/<slug:slug>/", "nav"),
        ("p/<slug:slug>/streams/<slug:stream_slug>/", "tabs"),
    ],
)
def test_a_link_is_current_on_its_own_page(scene, route, list_class):
    start = navigation(scene, scene.url(Row(route=route, gets=())))
    own = [href for href in start.links[list_class] if not href.startswith("/docs/")]

    current = {href: navigation(scene, href).current[list_class] for href in own}

    assert current == {href: [href] for href in own}
