from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth import get_user
from django.contrib.sessions.models import Session
from django.urls import reverse

from streams.base.clock import now
from streams.base.models import RateCount
from streams.tasks import clear_sessions
from tests import factories

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def anna(client):
    workspace = factories.workspace()
    client.force_login(factories.member(workspace, "admin"))
    return reverse("portal:members", args=[workspace.public_id])


def later(client, url, *steps: timedelta, **headers) -> int:
    """Return the status of a request for the page at the end of each step."""
    at = now()
    for step in steps:
        at += step
        with time_machine.travel(at, tick=False):
            status = client.get(url, **headers).status_code
    return status


@pytest.mark.parametrize(("minutes", "status"), [(119, 200), (121, 302)])
def test_an_unused_session_ends(client, anna, minutes, status):
    assert later(client, anna, timedelta(minutes=minutes)) == status


@pytest.mark.parametrize(("hours", "status"), [(23, 200), (24, 302)])
def test_a_session_in_use_ends_too(client, anna, hours, status):
    assert later(client, anna, *[timedelta(hours=1)] * hours) == status


def test_a_page_that_refreshes_itself_does_not_count_as_use(client, anna):
    later(client, anna, *[timedelta(minutes=10)] * 11, headers=HTMX)

    assert later(client, anna, timedelta(minutes=121)) == 302


def test_a_session_of_a_former_release_starts_now(client, anna):
    session = client.session
    del session["signed_in_at_s"], session["seen_at_s"]
    session.save()

    assert client.get(anna).status_code == 200
    assert client.session["signed_in_at_s"] > 0


def test_a_public_page_does_not_depend_on_the_user(client, anna):
    client.cookies.clear()

    assert "Cookie" not in client.get("/healthz").headers.get("Vary", "")


def test_expired_sessions_and_counts_are_deleted_each_day(client, anna):
    RateCount.objects.create(key="over", count=1, ends_at_s=1)
    RateCount.objects.create(key="runs", count=1, ends_at_s=2**40)
    with time_machine.travel(now() + timedelta(days=2)):
        clear_sessions()

    assert not Session.objects.exists()
    assert RateCount.objects.get().key == "runs"
    assert get_user(client).is_anonymous
