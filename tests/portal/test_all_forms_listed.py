"""The table of forms is complete."""

from __future__ import annotations

import re
from pathlib import Path

from tests.browser.all_forms import FORMS, TEMPLATES_OF_SECRETS, WITHOUT_FORM
from tests.portal.access_table import ROWS

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
POST = re.compile(r'<form\b[^>]*method="post"')


def test_every_route_that_takes_a_form_is_in_the_table():
    routes = {
        row.route
        for row in ROWS
        if row.method == "post"
        and row.route.startswith(("w/", "p/", "inbox/", "profile/", "notifications/"))
    }

    assert {form.sends_to for form in FORMS} | WITHOUT_FORM.keys() == routes


def test_every_template_with_a_form_is_in_the_table():
    with_forms = {
        path.relative_to(TEMPLATES).as_posix()
        for room in ("portal", "account", "docs")
        for path in (TEMPLATES / room).rglob("*.html")
        if POST.search(path.read_text())
    }

    assert {form.template for form in FORMS} | TEMPLATES_OF_SECRETS == with_forms


def test_every_form_contains_the_token_that_makes_it_take_effect_once():
    """Except the page that contains another form, whose token is among its fields."""
    without = [
        path.name
        for path in TEMPLATES.rglob("*.html")
        for text in [path.read_text()]
        if len(POST.findall(text)) != len(re.findall(r"{% csrf_token %}", text))
    ]

    assert without == ["_kept_form.html"]
