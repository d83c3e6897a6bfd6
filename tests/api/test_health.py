from __future__ import annotations

from datetime import timedelta

import pytest
from celery import current_app
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from streams.base.clock import now
from streams.delivery import lease
from streams.delivery.models import Cursor
from streams.observability.readiness_cache import verdict
from tests import factories

pytestmark = pytest.mark.django_db

FINE = {"ok": True, "detail": "", "age_s": None}


def parts(client):
    """Return the status and the parts that an operator sees."""
    client.force_login(factories.staff())
    response = client.get("/readyz/details", secure=True)
    return response.status_code, response.json()["parts"]


def test_healthz_responds_without_a_database_query(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/healthz", secure=True)

    assert (response.status_code, response.content) == (200, b"alive\n")


def test_readyz_names_each_part_to_operators(client):
    client.force_login(factories.staff())
    response = client.get("/readyz/details", secure=True)

    assert (response.status_code, response.json()) == (
        200,
        {
            "ready": True,
            "parts": {
                "database": FINE,
                "broker": FINE,
                "migrations": FINE,
                "keys": FINE,
                "history": FINE,
                "oldest_due": {**FINE, "age_s": 0.0},
                "backlog": FINE,
                "storage": FINE,
                "retention": FINE,
            },
            "oldest_due_bound_s": 300.0,
        },
    )


BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def test_a_browser_gets_the_details_as_a_page(client, monkeypatch):
    monkeypatch.setattr(current_app.conf, "broker_url", "redis://127.0.0.1:1/0")
    client.force_login(factories.staff())
    response = client.get("/readyz/details", secure=True, headers=BROWSER)

    assert response.status_code == 503
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "The portal isn't ready" in response.text
    assert "The broker is unavailable." in response.text
    assert 'href="/static/portal/css/base.css"' in response.text


@pytest.mark.parametrize("accept", ["*/*", "application/json", ""])
def test_a_program_gets_the_details_as_json(client, accept):
    client.force_login(factories.staff())
    response = client.get("/readyz/details", secure=True, headers={"Accept": accept})

    assert response.json()["ready"] is True


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_inside_the_network_need_no_https(client, path, settings):
    settings.SECURE_SSL_REDIRECT = True

    assert client.get(path).status_code == 200


@pytest.fixture(autouse=True)
def fresh():
    verdict.forget()
    yield
    verdict.forget()


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.parametrize("host", ["10.0.0.7:8000", "[fd00::7]", "a_b", "evil.example"])
def test_probes_may_use_any_host(client, path, host):
    assert client.get(path, headers={"host": host}).status_code == 200


def test_readyz_shows_strangers_only_the_overall_status(client):
    assert client.get("/readyz").json() == {"ready": True}


def test_frequent_requests_to_readyz_run_the_checks_once(
    client, django_assert_num_queries
):
    client.get("/readyz")

    with django_assert_num_queries(0):
        assert [client.get("/readyz").status_code for _ in range(20)] == [200] * 20


@pytest.mark.parametrize("is_signed_in", [False, True])
def test_only_operators_see_details(client, is_signed_in):
    if is_signed_in:
        client.force_login(factories.user())

    assert client.get("/readyz/details", secure=True).status_code == 404


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_only_read(client, path):
    assert client.post(path, secure=True).status_code == 405


def test_a_database_that_does_not_respond_makes_it_unready_without_revealing_its_address(
    client,
):
    def refuse(*_):
        raise OperationalError("connection to postgres://u:hunter2@db failed")

    with connection.execute_wrapper(refuse):
        response = client.get("/readyz", secure=True)

    assert (response.status_code, response.json()) == (503, {"ready": False})
    assert b"hunter2" not in response.content


def test_a_broker_that_does_not_respond_makes_it_unready(client, monkeypatch, capfd):
    nowhere = "redis://:hunter2@127.0.0.1:1/0"
    monkeypatch.setattr(current_app.conf, "broker_url", nowhere)

    status, found = parts(client)

    assert (status, found["broker"]) == (
        503,
        {**FINE, "ok": False, "detail": "The broker is unavailable."},
    )
    assert "hunter2" not in "".join(capfd.readouterr())


def test_an_unapplied_migration_makes_it_unready(client):
    applied = MigrationRecorder.Migration.objects.filter(app="streams")
    applied.delete()
    of_app = [app for app, _ in MigrationLoader(None).disk_migrations]
    count = of_app.count("streams")

    status, found = parts(client)

    assert (status, found["migrations"]) == (
        503,
        {
            **FINE,
            "ok": False,
            "detail": f"The database lacks migrations of this version ({count}). Run"
            " `manage.py migrate` first.",
        },
    )


@pytest.mark.parametrize(
    ("minutes", "held", "status"),
    [(4, False, 200), (6, False, 503), (6, True, 200), (-60, False, 200)],
)
def test_events_that_have_been_due_for_a_long_time_make_it_unready(
    client, minutes, held, status
):
    cursor = factories.due_cursor(events=1)
    Cursor.objects.filter(pk=cursor.pk).update(
        due_at=now() - timedelta(minutes=minutes), held=held
    )

    found_status, found = parts(client)

    age = found["oldest_due"]["age_s"]
    counts = minutes > 0 and not held
    assert found_status == status
    assert minutes * 60 <= age < minutes * 60 + 30 if counts else age == 0


def test_events_queued_behind_a_region_that_is_down_raise_no_alarm(client):
    cursor = factories.due_cursor(events=1)
    long_ago = now() - timedelta(minutes=6)
    Cursor.objects.filter(pk=cursor.pk).update(due_at=long_ago)
    lease.take(cursor.stream_id)

    status, found = parts(client)

    assert (status, found["oldest_due"]["ok"]) == (200, True)
    assert found["oldest_due"]["age_s"] >= 360


def test_a_backlog_at_its_limit_makes_it_unready(client, settings):
    factories.append(factories.feed(), 3)
    settings.MAX_BACKLOG_EVENTS = 3

    status, found = parts(client)

    assert (status, found["backlog"]["detail"]) == (
        503,
        "3 events are queued, the limit of MAX_BACKLOG_EVENTS. New events are refused.",
    )


def test_one_feed_at_its_limit_is_reported_without_making_it_unready(client, settings):
    factories.append(factories.feed(), 3)
    settings.MAX_FEED_BACKLOG_EVENTS = 3

    status, found = parts(client)

    assert (status, found["backlog"]["detail"]) == (
        200,
        "Feeds at MAX_FEED_BACKLOG_EVENTS, whose new events are refused: 1.",
    )


def test_a_full_disk_makes_it_unready(client, settings):
    settings.MIN_FREE_DISK_BYTES = 2**60

    status, found = parts(client)

    assert (status, found["storage"]["ok"]) == (503, False)


def test_events_that_are_about_to_be_deleted_are_reported(client):
    factories.append(factories.feed(), 2, now=now() - timedelta(days=40))
    factories.append(factories.feed(), 1, now=now() - timedelta(days=25))
    factories.append(factories.feed(), 1, now=now())

    status, found = parts(client)

    first = (now() - timedelta(days=9)).date()
    assert (status, found["retention"]) == (
        200,
        {
            **FINE,
            "detail": f"Undelivered events that expire from {first} 00:00 UTC: 3 in 2"
            " feeds.",
        },
    )
