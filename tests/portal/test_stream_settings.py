"""Two people have the settings of one stream open."""

from __future__ import annotations

import html
import json

import pytest
from django.test import Client
from django.urls import reverse

from streams.catalog.models import Stream
from tests import factories

FORM = {
    "name": "Postbox",
    "version": "1.0.0",
    "create_workspaces": "on",
    "retention_days": "30",
    "check_mode": "warn",
}


@pytest.fixture
def address(cast):
    args = (cast.partner.slug, cast.stream.slug)
    Stream.objects.filter(pk=cast.stream.pk).update(name="Postbox")
    return reverse("portal:partner-stream", args=args)


@pytest.fixture
def as_sid(cast):
    """Another browser, of an operator's colleague at the partner."""
    client = Client()
    client.force_login(cast.dev)
    return client


def opened(client, address) -> dict[str, str]:
    """The form as the page shows it, with what it has seen."""
    form = client.get(address).context["form"]
    return {**FORM, "seen": form["seen"].value()}


def test_another_persons_change_is_shown_and_not_overwritten(
    as_petra, as_sid, cast, address
):
    mine, theirs = opened(as_petra, address), opened(as_sid, address)
    as_sid.post(address, {**theirs, "name": "Postbox <Mail>", "allow_anonymous": "on"})

    page = as_petra.post(address, {**mine, "version": "1.1.0", "name": "Mine"})

    cast.stream.refresh_from_db()
    assert (cast.stream.name, cast.stream.version) == ("Postbox <Mail>", "1.0.0")
    text = html.unescape(page.text)
    assert "Someone else changed these settings" in text
    assert "Name: changed from “Postbox” to “Postbox <Mail>”" in text
    assert "Accept events with only an anonymousId: changed from “off” to “on”" in text
    form = page.context["form"]
    shown = {name: form[name].value() for name in ("name", "version")}
    assert shown == {"name": "Mine", "version": "1.1.0"}
    assert form["allow_anonymous"].value() is True


def test_the_form_that_has_shown_it_can_be_saved(as_petra, as_sid, cast, address):
    mine, theirs = opened(as_petra, address), opened(as_sid, address)
    as_sid.post(address, {**theirs, "retention_days": "60"})
    page = as_petra.post(address, {**mine, "version": "1.1.0"})
    form = page.context["form"]
    again = {name: form[name].value() for name in (*FORM, "seen")}

    done = as_petra.post(address, {**again, "create_workspaces": "on"})

    cast.stream.refresh_from_db()
    assert done.url == address
    assert (cast.stream.version, cast.stream.retention_days) == ("1.1.0", 60)


@pytest.mark.parametrize(
    "seen", ["[]", "7", '{"name": ["Postbox"]}', json.dumps({"other": 1})]
)
def test_a_made_up_mark_breaks_nothing(as_petra, address, seen):
    page = as_petra.post(address, {**FORM, "seen": seen})

    assert page.status_code in (200, 302)


def test_connections_without_queued_events_are_active_too(as_petra, cast, address):
    factories.cursor(factories.connection(cast.feed))
    factories.cursor(factories.connection(status="paused"))

    page = as_petra.get(f"{address}overview/").text

    assert "1, of which 0 have events to send now" in page
