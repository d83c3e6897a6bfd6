"""Pages of the admin link only to pages that the operator may open."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from tests import factories
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
    refused = set()
    for name, pk in world.rows.items():
        client = operator_who_sees(name)
        pages = (
            reverse("admin:index"),
            reverse(f"admin:streams_{name}_changelist"),
            reverse(f"admin:streams_{name}_change", args=[pk]),
        )
        for page in pages:
            links = {unescape(url) for url in LINK.findall(client.get(page).text)}
            refused |= {
                (page, url) for url in links if client.get(url).status_code == 403
            }

    assert refused == set()
