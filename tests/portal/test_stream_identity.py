"""A partner chooses how a stream finds the userIds of its events."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from streams.audit.models import AuditEntry
from streams.base.clock import now
from streams.observability.user_id_lookups.models import LookupDay
from tests import factories

pytestmark = pytest.mark.django_db


def words(page) -> str:
    return " ".join(page.text.split())


@pytest.fixture
def cast():
    return factories.cast()


@pytest.fixture
def as_dev(client, cast):
    client.force_login(cast.dev)
    return client


def url(cast, name="partner-stream-identity"):
    return reverse(f"portal:{name}", args=[cast.partner.slug, cast.stream.slug])


def choose(client, cast, *order, unresolved="set_aside", **more):
    places = dict(zip(("first", "second", "third"), order, strict=False))
    sent = {**places, "unresolved": unresolved, "conflict_rule": "person", **more}
    page = client.post(url(cast), sent, follow=True)
    cast.stream.refresh_from_db()
    return page


def confirm(client, cast, page):
    """Send the form of a page again, as it is."""
    form = page.context["identity"]
    sent = {name: form[name].value() or "" for name in form.fields}
    page = client.post(
        url(cast), sent | {"confirmed": page.context["confirmed"]}, follow=True
    )
    cast.stream.refresh_from_db()
    return page


def test_the_order_of_the_identifiers_is_saved_and_shown(as_dev, cast):
    page = choose(as_dev, cast, "tool_id", "", "email", check_user_ids="on")

    stream = cast.stream
    assert (stream.identify_by, stream.unresolved) == ("tool_id,email", "set_aside")
    assert stream.check_user_ids
    assert "Settings saved." in words(page)
    form = page.context["identity"]
    assert [form[name].value() for name in ("first", "second", "third")] == [
        "tool_id", "email", "",
    ]  # fmt: skip


def test_the_change_is_in_the_activity_log_without_the_key_of_anonymous_ids(
    as_dev, cast
):
    choose(as_dev, cast, "email")

    [entry] = AuditEntry.objects.filter(action="stream.identity_chosen")
    assert entry.actor == cast.dev
    assert entry.detail["identify_by"] == "email"
    assert cast.stream.anonymous_key
    assert cast.stream.anonymous_key not in str(entry.detail)


def test_the_activity_log_has_the_words_of_the_form(as_dev, cast):
    choose(as_dev, cast, "tool_id", "email")

    page = as_dev.get(reverse("portal:partner-activity", args=[cast.partner.slug]))

    assert "Find the userId by: – → ID in the tool, Email" in words(page)
    assert "Reject the event → Set the event aside until" in words(page)


def test_the_key_of_anonymous_ids_never_changes(as_dev, cast):
    choose(as_dev, cast, "email")
    key = cast.stream.anonymous_key

    confirm(as_dev, cast, choose(as_dev, cast, "tool_id", unresolved="anonymous"))

    assert cast.stream.unresolved == "anonymous"
    assert cast.stream.anonymous_key == key


def test_saving_the_same_again_records_nothing(as_dev, cast):
    choose(as_dev, cast, "email")
    choose(as_dev, cast, "email")

    assert AuditEntry.objects.filter(action="stream.identity_chosen").count() == 1


def test_an_identifier_can_be_selected_only_once(as_dev, cast):
    page = choose(as_dev, cast, "email", "email")

    assert "Select each identifier only once." in words(page)
    assert cast.stream.identify_by == ""


@pytest.mark.parametrize(
    "chosen", [{"unresolved": "set_aside"}, {"check_user_ids": "on"}]
)
def test_a_choice_without_a_first_identifier_is_refused(as_dev, cast, chosen):
    page = choose(as_dev, cast, **{"unresolved": "reject", **chosen})

    assert "Select a first identifier, or no userId is looked up." in words(page)
    assert cast.stream.unresolved == "reject"
    assert not cast.stream.check_user_ids


def test_lookups_can_be_turned_off_again(as_dev, cast):
    choose(as_dev, cast, "email", unresolved="set_aside")

    page = choose(as_dev, cast, unresolved="set_aside")

    assert "Settings saved." in words(page)
    assert cast.stream.identify_by == ""


def test_the_rule_for_conflicts_needs_no_identifier_and_is_in_the_activity_log(
    as_dev, cast
):
    page = choose(as_dev, cast, unresolved="reject", conflict_rule="newest")
    confirm(as_dev, cast, page)

    assert cast.stream.conflict_rule == "newest"
    page = as_dev.get(reverse("portal:partner-activity", args=[cast.partner.slug]))
    assert (
        "If two userIds are received: A person decides → The newest userId replaces it"
        in words(page)
    )


def test_other_values_are_refused(as_dev, cast):
    choose(as_dev, cast, "shoe size")
    choose(as_dev, cast, "email", unresolved="lost")
    choose(as_dev, cast, "email", conflict_rule="dice")

    assert (cast.stream.identify_by, cast.stream.unresolved) == ("", "reject")


def test_support_sees_the_choices_and_cannot_change_them(client, cast):
    client.force_login(cast.sam)

    page = client.get(url(cast, "partner-stream"))

    assert "Look up missing userIds" in words(page)
    assert page.context["identity"].fields["first"].disabled
    assert client.post(url(cast), {"unresolved": "reject"}).status_code == 403


def test_another_partner_finds_nothing(client, cast):
    client.force_login(cast.rita)

    assert client.post(url(cast), {"unresolved": "reject"}).status_code == 404


# --- Choices that can add people to the bill ------------------------------------------


def test_anonymous_ids_are_saved_once_their_effect_was_shown(as_dev, cast, settings):
    settings.MTU_PRICES = [(0, Decimal("0.01"))]
    day, feed = now().date(), cast.feed
    LookupDay.objects.create(
        day=day, feed=feed, result=LookupDay.UNRESOLVED, count=1_200
    )

    page = choose(as_dev, cast, "email", unresolved="anonymous")

    assert "Not saved yet." in words(page)
    assert "is one more monthly tracked user" in words(page)
    assert "In the last 30 days, 1,200 events had no known userId." in words(page)
    assert "10,000 more people cost $100.00 a month" in words(page)
    assert cast.stream.unresolved == "reject"

    page = confirm(as_dev, cast, page)

    assert "Settings saved." in words(page)
    assert (cast.stream.identify_by, cast.stream.unresolved) == ("email", "anonymous")


def test_another_choice_than_the_one_that_was_shown_is_shown_first(as_dev, cast):
    page = choose(as_dev, cast, "email", unresolved="anonymous")

    page = choose(
        as_dev,
        cast,
        "phone",
        unresolved="anonymous",
        confirmed=page.context["confirmed"],
    )

    assert "Not saved yet." in words(page)
    assert cast.stream.unresolved == "reject"


@pytest.mark.parametrize(
    ("before", "after", "effect"),
    [
        (
            {"order": ["email"], "unresolved": "anonymous"},
            {"order": ["tool_id", "email"], "unresolved": "anonymous"},
            "gets another anonymousId",
        ),
        (
            {"order": ["email", "tool_id"]},
            {"order": ["tool_id", "email"]},
            "an event can get another ID than before",
        ),
        (
            {"order": ["email"]},
            {"order": ["email"], "conflict_rule": "newest"},
            "later events have that one",
        ),
    ],
)
def test_a_changed_rule_that_can_add_people_says_so(
    as_dev, cast, before, after, effect
):
    page = choose(as_dev, cast, *before.pop("order"), **before)
    if "confirmed" in page.context:
        confirm(as_dev, cast, page)

    page = choose(as_dev, cast, *after.pop("order"), **after)

    assert "Not saved yet." in words(page)
    assert effect in words(page)


def test_choices_that_add_no_one_are_saved_at_once(as_dev, cast):
    choose(as_dev, cast, "email", "phone")
    confirm(as_dev, cast, choose(as_dev, cast, "email", unresolved="anonymous"))

    page = choose(as_dev, cast, "email", "tool_id", unresolved="anonymous")
    assert "Settings saved." in words(page)
    page = choose(as_dev, cast, unresolved="reject")

    assert "Settings saved." in words(page)
    assert (cast.stream.identify_by, cast.stream.unresolved) == ("", "reject")
