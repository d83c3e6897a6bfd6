"""Send someone a test notice: through the same outbox, and to the same email server."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction

from streams.alerts.models import Notice
from streams.alerts.people.defaults import CHANNELS
from streams.alerts.people.recipients import Portal
from streams.audit.services import record
from streams.base.clock import now
from streams.tenancy.models import Partner, User

if TYPE_CHECKING:
    from streams.alerts.people.choices import Chooser

EXPIRES = timedelta(minutes=10)
MOST, PERIOD = 5, timedelta(hours=1)  # tests of a person, in all of their places
TEST = Notice.Transition.TEST


@transaction.atomic
def send_test(*, user: User, owner: Chooser) -> bool:
    """Send a person a test by each channel soon.

    Returns False, and sends nothing, after MOST tests within PERIOD.
    """
    # Locked, so that two requests don't both send the last one.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    at, audience = now(), _audience(owner)
    tests = Notice.objects.filter(recipient=user, transition=TEST)
    recent = tests.filter(expires_at__gt=at - PERIOD + EXPIRES)
    if recent.count() >= MOST * len(CHANNELS):
        return False
    Notice.objects.bulk_create(
        Notice(
            transition=TEST,
            channel=channel,
            recipient=user,
            audience=audience,
            **_place(owner),
            due_at=at,
            expires_at=at + EXPIRES,
        )
        for channel in CHANNELS
    )
    record("notices.tested", actor=user, **_place(owner))
    return True


def latest_tests(user: User, owner: Chooser) -> list[Notice]:
    """Return the latest test of a person by each channel, for one of their places."""
    place = {**_place(owner), "audience": _audience(owner)}
    tests = Notice.objects.filter(recipient=user, transition=TEST, **place)
    latest = tests.order_by("-pk")[: len(CHANNELS)]
    return sorted(latest, key=lambda one: one.pk)


def _audience(owner: Chooser) -> Notice.Audience:
    if isinstance(owner, Portal):
        return Notice.Audience.OPERATOR
    is_partner = isinstance(owner, Partner)
    return Notice.Audience.PARTNER if is_partner else Notice.Audience.WORKSPACE


def _place(owner: Chooser) -> dict[str, Any]:
    """Return the field with the place. The portal has none."""
    if isinstance(owner, Portal):
        return {}
    return {"partner" if isinstance(owner, Partner) else "workspace": owner}
