"""Operators and partners change one stream's settings."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from streams.catalog.services import change_stream
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def stream():
    return factories.stream(name="Postbox", version="1.0.0")


@pytest.fixture
def address(stream):
    return reverse("admin:streams_stream_change", args=[stream.pk])


def form_of(page):
    return page.context["adminform"].form


def entered(form, **changes):
    """The fields of a form as a browser sends them."""
    names = ("name", "version", "requests_per_second", "retention_days", "seen")
    sent = {name: form[name].value() for name in names}
    boxes = {
        name: "on"
        for name in ("allow_anonymous", "create_workspaces")
        if form[name].value()
    }
    return {**sent, **boxes, **changes}


def test_another_persons_change_is_shown_and_not_overwritten(staff, stream, address):
    form = form_of(staff.get(address))
    change_stream(stream=stream, name="Postbox", allow_anonymous=True, version="2.0.0", actor=None)  # fmt: skip

    page = staff.post(address, entered(form, version="1.1.0", retention_days="60"))

    stream.refresh_from_db()
    assert (stream.version, stream.retention_days) == ("2.0.0", 30)
    said = [str(error) for error in form_of(page).non_field_errors()]
    assert said[0].startswith("Someone else changed these settings")
    assert said[1:] == [
        "Version: changed from “1.0.0” to “2.0.0”",
        "Accept events with only an anonymousId: changed from “off” to “on”",
    ]
    shown = entered(form_of(page))
    assert (shown["version"], shown["retention_days"]) == ("1.1.0", "60")
    assert shown["allow_anonymous"] == "on"


def test_the_form_that_has_shown_it_can_be_saved(staff, stream, address):
    form = form_of(staff.get(address))
    change_stream(stream=stream, name="Theirs", actor=None)
    page = staff.post(address, entered(form, version="1.1.0"))

    done = staff.post(address, entered(form_of(page)))

    stream.refresh_from_db()
    assert done.status_code == 302
    assert (stream.name, stream.version) == ("Theirs", "1.1.0")


def test_operators_who_may_only_look_see_the_settings(client, address):
    person = factories.user(is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename="view_stream"))
    client.force_login(person)

    page = client.get(address)

    assert page.status_code == 200
    assert "Postbox" in page.text
