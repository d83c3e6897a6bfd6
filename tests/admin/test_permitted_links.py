"""Pages of the admin link only to pages that the operator may open."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from streams.tenancy.models import User
from tests import factories
from tests.admin.test_actions import NEW_PARTNER
from tests.admin.test_pages import world  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db

LINK = re.compile(r'<a\b[^>]*href="(/admin/[^"#]*)')


def operator_who_sees(name):
    """Return the browser of an operator who may view rows of one kind only."""
    person = factories.user(f"{name}@portal.example", is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename=f"view_{name}"))
    client = Client()
    client.force_login(person)
    return client


def test_pages_link_only_to_pages_that_the_operator_may_open(world):  # noqa: F811
    refused, opened = set(), set()
    for name, pk in world.rows.items():
        client = operator_who_sees(name)
        pages = (
            reverse("admin:index"),
            reverse(f"admin:streams_{name}_changelist"),
            reverse(f"admin:streams_{name}_change", args=[pk]),
        )
        for page in pages:
            shown = client.get(page)
            assert (page, shown.status_code) == (page, 200)
            for url in map(unescape, LINK.findall(shown.text)):
                found = refused if client.get(url).status_code == 403 else opened
                found.add((page, url))

    assert refused == set()
    index = reverse("admin:index")
    lists = {reverse(f"admin:streams_{name}_changelist") for name in world.rows}
    assert {(index, url) for url in lists} <= opened


def test_a_message_links_for_its_own_operator_whoever_asked_before(staff):
    helper = operator_who_sees("partner")
    helper_user = User.objects.get(email="partner@portal.example")
    helper_user.user_permissions.add(Permission.objects.get(codename="add_partner"))
    add, messages = reverse("admin:streams_partner_add"), []

    for browser, slug in ((staff, "one"), (helper, "two"), (staff, "three")):
        form = {**NEW_PARTNER, "slug": slug, "stream_slug": slug, "name": slug}
        page = browser.post(add, form, follow=True)
        messages += [
            str(one) for one in page.context["messages"] if "email" in str(one)
        ]

    assert ["<a " in message for message in messages] == [True, False, True]
