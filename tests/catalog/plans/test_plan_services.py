from __future__ import annotations

from functools import partial

import pytest
from django.db import DatabaseError, transaction

from streams.audit.models import AuditEntry
from streams.catalog.plans.plan import PlannedEvent, PlannedProperty, TrackingPlan
from streams.catalog.plans.services import (
    CannotPublish,
    InvalidPlan,
    NoSuchEvent,
    PlanConflict,
    change_draft,
    discard_draft,
    drafted_plan,
    publish,
    published_plan,
    rename_event,
    replace_draft,
)
from tests import factories

pytestmark = pytest.mark.django_db

OPENED = PlannedEvent(
    name="Email Opened", properties=(PlannedProperty(path="campaign_id"),)
)
PLAN = TrackingPlan(events=(OPENED,))


@pytest.fixture
def dev():
    return factories.user("dev@postbox.example")


@pytest.fixture
def stream(db):
    return factories.stream()


def audited():
    return [
        (entry.action, entry.actor and entry.actor.email, entry.detail["version"])
        for entry in AuditEntry.objects.order_by("pk")
    ]


def test_a_draft_becomes_the_first_version(stream, dev):
    replace_draft(stream=stream, plan=PLAN, what="by hand", actor=dev)
    assert (drafted_plan(stream), published_plan(stream)) == (PLAN, None)

    version = publish(stream=stream, note="First", actor=dev)

    assert published_plan(stream) == PLAN
    assert (version.number, version.note, version.published_by) == (1, "First", dev)
    assert not stream.plan_versions.draft().exists()
    assert audited() == [
        ("plan.drafted", dev.email, 1),
        ("plan.published", dev.email, 1),
    ]


def test_the_next_draft_starts_from_the_published_version(stream, dev):
    replace_draft(stream=stream, plan=PLAN, what="by hand", actor=dev)
    publish(stream=stream, actor=dev)

    change_draft(
        stream=stream,
        change=lambda plan: TrackingPlan(
            events=(*plan.events, PlannedEvent(call="page"))
        ),
        what="pages",
        actor=dev,
    )

    assert [event.call for event in drafted_plan(stream).events] == ["track", "page"]
    assert published_plan(stream) == PLAN
    assert stream.plan_versions.draft().get().number == 2


def test_an_invalid_draft_is_not_saved(stream, dev):
    with pytest.raises(InvalidPlan) as broken:
        replace_draft(
            stream=stream,
            plan=TrackingPlan(events=(OPENED, OPENED)),
            what="",
            actor=dev,
        )

    assert [error.where for error in broken.value.errors] == ["Email Opened"]
    assert not stream.plan_versions.exists()
    assert audited() == []


def test_discarding_a_draft_keeps_the_published_version(stream, dev):
    replace_draft(stream=stream, plan=PLAN, what="", actor=dev)
    publish(stream=stream, actor=dev)
    replace_draft(stream=stream, plan=TrackingPlan(), what="", actor=dev)

    discard_draft(stream=stream, actor=dev)
    discard_draft(stream=stream, actor=dev)  # a second time has no effect

    assert drafted_plan(stream) == PLAN
    assert audited()[-1] == ("plan.discarded", dev.email, 2)
    assert len(audited()) == 4


@pytest.mark.parametrize(
    ("plan", "why"),
    [
        (None, "There is no draft to publish."),
        (TrackingPlan(), "The draft has no events. Add an event first."),
        (
            TrackingPlan(events=(OPENED, PlannedEvent(name="Completed Order"))),
            "Completed Order: .* Send it as “Order Completed”.",
        ),
        (
            TrackingPlan(events=(PlannedEvent(name="Email Unsubscribed"),)),
            "Email Unsubscribed: Segment's docs disagree .* Send it as “Unsubscribed”",
        ),
    ],
)  # fmt: skip
def test_a_draft_that_may_not_be_published_is_refused(stream, dev, plan, why):
    if plan is not None:
        replace_draft(stream=stream, plan=plan, what="", actor=dev)

    with pytest.raises(CannotPublish, match=f"^{why}"):
        publish(stream=stream, actor=dev)

    assert published_plan(stream) is None


def test_a_renamed_event_keeps_its_place(stream, dev):
    wrong = PlannedEvent(name="Email Unsubscribed")
    replace_draft(stream=stream, plan=TrackingPlan(events=(wrong, OPENED)), what="", actor=dev)  # fmt: skip
    rename = partial(rename_event, stream=stream, call="track", actor=dev)

    rename(name="Email Unsubscribed", to="Unsubscribed")

    names = [event.name for event in drafted_plan(stream).events]
    assert names == ["Unsubscribed", "Email Opened"]
    with pytest.raises(
        NoSuchEvent, match="no longer contains the event “Email Unsubscribed”"
    ):
        rename(name="Email Unsubscribed", to="Unsubscribed")
    with pytest.raises(InvalidPlan, match="two events with this name"):
        rename(name="Email Opened", to="Unsubscribed")


def test_a_decision_about_an_outdated_draft_is_refused(stream, dev):
    seen = replace_draft(stream=stream, plan=PLAN, what="", actor=dev).mark
    newer = TrackingPlan(events=(OPENED, PlannedEvent(call="page")))
    replace_draft(stream=stream, plan=newer, what="", actor=dev, seen=seen)

    for decide in (publish, discard_draft, partial(replace_draft, plan=PLAN, what="")):
        with pytest.raises(PlanConflict):
            decide(stream=stream, actor=dev, seen=seen)

    assert stream.plan_versions.get().plan == newer


def test_the_same_plan_is_not_published_twice(stream, dev):
    for _ in range(2):
        replace_draft(stream=stream, plan=PLAN, what="", actor=dev)
        if published_plan(stream) is None:
            publish(stream=stream, actor=dev)

    with pytest.raises(CannotPublish, match="identical to the published version"):
        publish(stream=stream, actor=dev)


def test_a_published_version_never_changes(stream, dev):
    replace_draft(stream=stream, plan=PLAN, what="", actor=dev)
    version = publish(stream=stream, actor=dev)

    version.content = {"events": []}
    with (
        pytest.raises(DatabaseError, match="a published plan version never changes"),
        transaction.atomic(),
    ):
        version.save()

    assert published_plan(stream) == PLAN


def test_the_streams_settings_can_accept_a_name_on_which_the_docs_disagree(stream, dev):
    plan = TrackingPlan(events=(PlannedEvent(name="Email Unsubscribed"),))
    replace_draft(stream=stream, plan=plan, what="", actor=dev)
    stream.spec_readings = ["email-unsubscribed"]
    stream.save(update_fields=["spec_readings"])

    publish(stream=stream, actor=dev)

    assert published_plan(stream) == plan
