"""Two people change the settings of one stream at the same time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from streams.audit.models import AuditEntry
from streams.catalog.models import Stream
from streams.catalog.services import change_stream
from streams.catalog.setting_conflicts import (
    SettingChange,
    SettingsConflict,
    settings_of,
)
from tests import factories
from tests.locks import in_thread, someone_waits
from tests.portal_processes import until

pytestmark = pytest.mark.django_db

FIELDS = ("name", "version", "allow_anonymous", "retention_days")


def change(stream, seen=None, **changes):
    """Change some settings of a form that shows FIELDS, opened when `seen` was saved."""
    shown = seen or settings_of(stream, FIELDS)
    change_stream(
        stream=Stream.objects.get(pk=stream.pk),
        actor=None,
        seen=seen,
        **{**shown, **changes},
    )


def saved(stream):
    return settings_of(Stream.objects.get(pk=stream.pk), FIELDS)


@pytest.fixture
def stream():
    return factories.stream(name="Postbox", version="1.0.0")


def test_a_change_that_the_form_has_not_seen_is_not_overwritten(stream):
    seen = saved(stream)
    change(stream, seen, name="Postbox Mail", allow_anonymous=True)

    with pytest.raises(SettingsConflict) as conflict:
        change(stream, seen, version="1.1.0")

    assert conflict.value.changes == [
        SettingChange("name", "Postbox", "Postbox Mail"),
        SettingChange("allow_anonymous", before=False, after=True),
    ]
    assert saved(stream) == {**seen, "name": "Postbox Mail", "allow_anonymous": True}


def test_the_form_keeps_what_was_entered_beside_the_other_persons_changes(stream):
    seen = saved(stream)
    change(stream, seen, name="Theirs", retention_days=60)

    with pytest.raises(SettingsConflict) as conflict:
        change(stream, seen, name="Mine", version="1.1.0")

    assert conflict.value.merged == {
        **seen,
        "name": "Mine",
        "version": "1.1.0",
        "retention_days": 60,
    }


def test_a_form_that_has_seen_the_other_change_replaces_it(stream):
    change(stream, saved(stream), name="Theirs")

    change(stream, saved(stream), name="Mine")

    assert saved(stream)["name"] == "Mine"


def test_the_same_change_twice_is_no_conflict(stream):
    seen = saved(stream)
    change(stream, seen, version="1.1.0")

    change(stream, seen, version="1.1.0")

    assert AuditEntry.objects.filter(action="stream.changed").count() == 1


def test_values_are_shown_as_people_know_them():
    texts = [
        (change.before_text, change.after_text)
        for change in (
            SettingChange("allow_anonymous", before=False, after=True),
            SettingChange("check_mode", "warn", "reject"),
            SettingChange("retention_days", 30, 60),
            SettingChange("name", "off", "warn"),
        )
    ]

    assert texts == [("off", "on"), ("Warn", "Reject"), ("30", "60"), ("off", "warn")]


def test_an_invalid_setting_is_refused(stream):
    with pytest.raises(ValidationError):
        change(stream, name="x" * 101)

    assert saved(stream)["name"] == "Postbox"


@pytest.mark.django_db(transaction=True)
def test_of_two_simultaneous_saves_one_is_refused():
    stream, start = factories.stream(name="Postbox"), threading.Barrier(2)
    seen = saved(stream)

    def save(name):
        start.wait()
        change(stream, seen, name=name)

    with ThreadPoolExecutor(2) as pool:
        done = [in_thread(pool, lambda name=name: save(name)) for name in ("A", "B")]

    errors = [error for one in done if (error := one.exception())]
    assert [type(error) for error in errors] == [SettingsConflict]
    assert AuditEntry.objects.filter(action="stream.changed").count() == 1


if connection.vendor == "postgresql":  # SQLite has no locks on rows

    @pytest.mark.django_db(transaction=True)
    def test_a_change_waits_for_another_that_is_not_yet_committed():
        stream = factories.stream(name="Postbox")
        seen = saved(stream)

        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                change(stream, seen, name="Theirs")
                mine = in_thread(pool, lambda: change(stream, seen, version="1.1.0"))
                until(someone_waits)

            assert isinstance(mine.exception(10), SettingsConflict)
        assert saved(stream) == {**seen, "name": "Theirs"}

    @pytest.mark.django_db(transaction=True)
    def test_events_are_stored_while_settings_are_changed():
        feed = factories.feed()

        with ThreadPoolExecutor(1) as pool, transaction.atomic():
            change(feed.stream, name="Postbox Mail")
            storing = in_thread(pool, lambda: factories.append(feed, 1))

            storing.result(30)
