"""The tools of the tests of all pages."""

from __future__ import annotations

import pytest
from django.template import Context, Template
from django.utils.translation import gettext, ngettext, npgettext

from tests.surfaces.pseudo_locale import pseudo, pseudo_locale
from tests.surfaces.visible_text import texts_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Save changes", "⟦Šááṽéé çĥááñğééš·⟧"),
        ("%(n)s of %d", "⟦%(n)s óóƒ %d·⟧"),
        ('<a href="/x">Stop</a>', '⟦<a href="/x">Šţóóþ</a>·⟧'),
        ("&amp; {{ name }} {n}", "⟦&amp; {{ name }} {n}·⟧"),
        ("", ""),
    ],
)
def test_letters_change_and_placeholders_stay(text, expected):
    assert pseudo(text) == expected


@pytest.mark.parametrize("text", ["Retry", "Every request sent to Segment.", "TTL"])
def test_texts_grow_by_two_fifths(text):
    assert len(pseudo(text)) - 2 == round(len(text) * 1.4)


def test_all_gettext_functions_use_it_and_english_comes_back():
    with pseudo_locale():
        texts = [
            gettext("Go"),
            ngettext("1 day", "%(n)d days", 2),
            npgettext("", "A", "B", 1),
        ]
    assert texts == ["⟦Ğóó⟧", "⟦%(n)d ðááýš·⟧", "⟦Á⟧"]
    assert gettext("Go") == "Go"


def test_templates_use_it():
    source = "{% translate 'Go' %}{% blocktranslate %}See <b>{{ n }}</b>{% endblocktranslate %}"
    with pseudo_locale():
        assert Template(source).render(Context({"n": 3})) == "⟦Ğóó⟧⟦Šéééé <b>3</b>⟧"


def test_a_pages_texts_are_those_that_people_read_or_hear():
    html = """<title>A</title><script>no</script><p title="B">C <b>D</b>
      E</p><img alt="F"><input placeholder="G" value="no"><input type="submit" value="H">
      <code>no</code><b lang="en">no</b><td class="mono rule">no</td><textarea aria-label="I">no</textarea>J"""

    assert sorted(texts_of(html)) == list("ABCDEFGHIJ")
