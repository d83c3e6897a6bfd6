"""The tools that the tests of pages use."""

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
def test_letters_change_and_what_stands_for_others_stays(text, expected):
    assert pseudo(text) == expected


@pytest.mark.parametrize("text", ["Retry", "Every request sent to Segment.", "TTL"])
def test_texts_grow_by_two_fifths(text):
    assert len(pseudo(text)) - 2 == round(len(text) * 1.4)


def test_all_of_gettext_speaks_it_and_english_comes_back():
    with pseudo_locale():
        texts = [
            gettext("Go"),
            ngettext("1 day", "%(n)d days", 2),
            npgettext("", "A", "B", 1),
        ]
    assert texts == ["⟦Ğóó⟧", "⟦%(n)d ðááýš·⟧", "⟦Á⟧"]
    assert gettext("Go") == "Go"


def test_so_do_templates():
    source = "{% translate 'Go' %}{% blocktranslate %}See <b>{{ n }}</b>{% endblocktranslate %}"
    with pseudo_locale():
        assert Template(source).render(Context({"n": 3})) == "⟦Ğóó⟧⟦Šéééé <b>3</b>⟧"


def test_a_page_s_texts_are_what_one_reads_or_hears():
    html = """<title>A</title><script>no</script><p title="B">C <b>D</b>
      E</p><img alt="F"><input placeholder="G" value="no"><input type="submit" value="H">
      <code>no</code><b lang="en">no</b><td class="mono rule">no</td><textarea aria-label="I">no</textarea>J"""

    assert sorted(texts_of(html)) == list("ABCDEFGHIJ")
