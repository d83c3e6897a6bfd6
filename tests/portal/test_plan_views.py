from __future__ import annotations

import pytest
from django.urls import reverse

from streams.audit.models import AuditEntry
from streams.catalog.plans.authoring.editing import key_of
from streams.catalog.plans.plan import PlannedEvent, PlannedProperty, TrackingPlan
from streams.catalog.plans.services import drafted_plan, replace_draft
from tests import factories

CAMPAIGN = PlannedProperty(path="campaign_id", required=True, example="spring")
OPENED = PlannedEvent(name="Email Opened", when="One opens it.", properties=(CAMPAIGN,))


@pytest.fixture
def at(cast):
    """Return a function that makes addresses of pages about the stream's plan."""

    def address(name: str = "", *args: object) -> str:
        where = (cast.partner.slug, cast.stream.slug, *args)
        return reverse(f"portal:partner-stream-plan{name and '-'}{name}", args=where)

    return address


def draft(cast, *events: PlannedEvent) -> None:
    replace_draft(
        stream=cast.stream, plan=TrackingPlan(events=events), what="", actor=None
    )


def typed(event: PlannedEvent, seen: str = "", **more: str) -> dict[str, str]:
    """Return what the form submits."""
    sent = {
        "call": event.call,
        "name": event.name,
        "when": event.when,
        "seen": seen,
        **more,
    }
    for part, rows in (("properties", event.properties), ("context", event.context)):
        sent[f"{part}-count"] = str(len(rows))
        for number, row in enumerate(rows):
            sent[f"{part}-{number}-path"] = row.path
            sent[f"{part}-{number}-type"] = row.type
            sent[f"{part}-{number}-example"] = row.example or ""
            if row.required:
                sent[f"{part}-{number}-required"] = "on"
    return sent


def test_the_page_shows_the_published_plan_and_then_the_draft(as_dev, cast, at):
    factories.published_plan(cast.stream, "Email Sent")
    assert "Plan version 1 is published" in as_dev.get(at()).text

    draft(cast, OPENED)

    shown = as_dev.get(at()).text
    assert "Draft, not published" in shown
    assert "Plan version 1 stays active" in shown
    assert "One opens it." in shown
    assert "<code>spring</code>" in shown
    assert "Email Sent" not in shown


def test_an_event_is_shown_with_its_spec_issues(as_dev, cast, at):
    draft(cast, OPENED, PlannedEvent(name="Email Unsubscribed"))

    shown = as_dev.get(at())

    assert "<strong>1 event can't be published.</strong>" in shown.text
    assert [one.forbids for one in shown.context["events"]] == [False, True]
    assert "SPEC-NAME-007" in shown.text


def test_the_example_of_a_sensitive_property_is_not_shown(as_dev, cast, at):
    email = PlannedProperty(path="email", example="ada@postbox.example", sensitive=True)
    draft(cast, PlannedEvent(call="identify", properties=(email,)))

    assert "ada@postbox.example" not in as_dev.get(at()).text


def test_a_long_plan_has_pages_and_opens_at_the_last_viewed_event(as_dev, cast, at):
    names = [f"Round {chr(65 + n // 26)}{chr(65 + n % 26)} Played" for n in range(60)]
    draft(cast, *(PlannedEvent(name=name) for name in names))

    def shown(**query):
        return [one.title for one in as_dev.get(at(), query).context["page"]]

    assert shown() == shown(page=1) == shown(event="none") == names[:50]
    assert shown(event=key_of(PlannedEvent(name=names[55]))) == names[50:]


def test_support_can_read_and_sees_no_buttons(client, cast, at):
    draft(cast, OPENED)
    client.force_login(cast.sam)

    shown = client.get(at()).text

    assert "Email Opened" in shown
    assert at("event", key_of(OPENED)) not in shown
    assert "Add events" not in shown


def test_an_event_is_added_to_the_draft(as_dev, cast, at):
    answer = as_dev.post(at("event-new"), typed(OPENED))

    assert answer.url == f"{at()}?event={key_of(OPENED)}#event-{key_of(OPENED)}"
    assert drafted_plan(cast.stream) == TrackingPlan(events=(OPENED,))
    entry = AuditEntry.objects.get(action="plan.drafted")
    assert (entry.actor, entry.detail["what"]) == (cast.dev, "Email Opened")
    said = as_dev.get(at()).text
    assert f'saved to the draft. <a href="{at("publish")}">Publish…</a>' in said


def test_rows_are_added_and_removed_without_javascript_and_nothing_is_saved(
    as_dev, cast, at
):
    more = as_dev.post(at("event-new"), typed(OPENED, do="add-properties"))
    assert len(more.context["form"].properties.forms) == 2
    assert 'value="campaign_id"' in more.text

    fewer = as_dev.post(at("event-new"), typed(OPENED, do="drop-properties-0"))

    assert fewer.context["form"].properties.forms == []
    assert drafted_plan(cast.stream) == TrackingPlan()


@pytest.mark.parametrize(
    ("event", "field", "message"),
    [
        (PlannedEvent(name=""), "id_name", "A track event needs a name."),
        (
            PlannedEvent(name="A", properties=(PlannedProperty(path="n", type="number", example="nine"),)),
            "id_properties-0-example", "Enter valid JSON",
        ),
        (
            PlannedEvent(name="A", properties=(PlannedProperty(path="a..b"),)),
            "id_properties-0-path", "The path has an empty part, or a space next to a dot.",
        ),
        (
            PlannedEvent(name="A", properties=(PlannedProperty(path="a"), PlannedProperty(path="a.b"))),
            "id_properties-1-path", "“a” has the type string.",
        ),
        (
            PlannedEvent(name="A", context=(PlannedProperty(path="ip"), PlannedProperty(path="ip"))),
            "id_context-1-path", "This property is listed twice.",
        ),
    ],
)  # fmt: skip
def test_an_invalid_plan_is_reported_at_its_field(
    as_dev, cast, at, event, field, message
):
    shown = as_dev.post(at("event-new"), typed(event))

    assert message in shown.text.partition(f'id="{field}_error"')[2][:200]
    assert drafted_plan(cast.stream) == TrackingPlan()


def test_a_name_already_planned_is_reported_at_the_name(as_dev, cast, at):
    draft(cast, OPENED)

    shown = as_dev.post(at("event-new"), typed(OPENED))

    assert (
        "The plan has two events with this name."
        in shown.text.partition('id="id_name_error"')[2]
    )


def test_a_name_that_means_a_spec_event_is_saved_reported_and_replaced_in_one_click(
    as_dev, cast, at
):
    wrong = PlannedEvent(name="Email Unsubscribed", properties=(CAMPAIGN,))

    told = as_dev.post(at("event-new"), typed(wrong), follow=True)

    assert drafted_plan(cast.stream).events == (wrong,)
    assert told.request["PATH_INFO"] == at("event", key_of(wrong))
    assert "Rename to “Unsubscribed”" in told.text
    seen = told.context["form"]["seen"].value()
    as_dev.post(told.request["PATH_INFO"], typed(wrong, seen, do="take-name"))
    [right] = drafted_plan(cast.stream).events
    assert (right.name, right.properties) == ("Unsubscribed", (CAMPAIGN,))


def test_properties_that_the_spec_expects_are_added_in_one_click(as_dev, cast, at):
    as_dev.post(at("event-new"), typed(OPENED, do="add-expected"))

    [event] = drafted_plan(cast.stream).events
    assert event.properties[0] == CAMPAIGN
    assert {"email_id", "email_subject"} <= {one.path for one in event.properties}
    assert {"userAgent", "traits.email"} <= {one.path for one in event.context}


def test_a_save_over_anothers_change_keeps_the_text_and_shows_the_other(
    as_dev, cast, at
):
    draft(cast, OPENED)
    page = at("event", key_of(OPENED))
    seen = as_dev.get(page).context["form"]["seen"].value()
    as_dev.post(page, typed(PlannedEvent(name="Email Opened", when="Theirs."), seen))
    mine = PlannedEvent(name="Email Opened", when="Mine.")

    told = as_dev.post(page, typed(mine, seen))

    assert "Someone else changed this event" in told.text
    assert "Theirs." in told.text
    assert drafted_plan(cast.stream).events[0].when == "Theirs."
    as_dev.post(page, typed(mine, told.context["form"]["seen"].value()))
    assert drafted_plan(cast.stream).events == (mine,)


def test_an_event_removed_in_between_can_be_added_again(as_dev, cast, at):
    draft(cast, OPENED)
    page = at("event", key_of(OPENED))
    seen = as_dev.get(page).context["form"]["seen"].value()
    as_dev.post(at("event-remove", key_of(OPENED)), {"seen": seen})
    assert drafted_plan(cast.stream) == TrackingPlan()

    told = as_dev.post(page, typed(OPENED, seen))

    assert "Someone else removed or renamed this event" in told.text
    as_dev.post(page, typed(OPENED, told.context["form"]["seen"].value()))
    assert drafted_plan(cast.stream).events == (OPENED,)


def test_pages_of_unplanned_events_do_not_exist(as_dev, at):
    assert as_dev.get(at("event", "0123456789abcdef")).status_code == 404
    assert as_dev.get(at("event-remove", "0123456789abcdef")).status_code == 404
