"""Versions of tracking plans in the admin."""

from __future__ import annotations

import pytest
from django.urls import reverse

from streams.catalog.plans.authoring.templates import template
from streams.catalog.plans.creation import start_stream
from tests import factories

pytestmark = pytest.mark.django_db


def test_a_version_shows_each_event_with_its_properties(staff):
    stream = start_stream(
        partner=factories.partner(),
        name="P",
        slug="p",
        template=template("email"),
        actor=None,
    )
    version = stream.plan_versions.get()

    page = staff.get(
        reverse("admin:streams_planversion_change", args=[version.pk])
    ).text

    for name in template("email").names:
        assert f">{name} (track)" in page
    assert "context.traits.email" in page


def test_a_stream_links_to_its_own_versions_only(staff):
    version = factories.published_plan(factories.stream(), "Email Opened")
    factories.published_plan(factories.stream(), "Email Opened")
    page = staff.get(
        reverse("admin:streams_stream_change", args=[version.stream_id])
    ).text
    leads_to = reverse(
        "admin:streams_planversion_changelist",
        query={"stream__id__exact": version.stream_id},
    )

    assert f'href="{leads_to}"' in page
    assert [*staff.get(leads_to).context["cl"].result_list] == [version]


def test_the_list_can_be_filtered_by_state(staff):
    published = factories.published_plan(factories.stream(), "Email Opened")
    draft = factories.published_plan(
        factories.stream(), "Email Opened", published_at=None
    )

    for state, version in (("published", published), ("draft", draft)):
        url = reverse("admin:streams_planversion_changelist", query={"state": state})
        assert [*staff.get(url).context["cl"].result_list] == [version]
