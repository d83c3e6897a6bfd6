from __future__ import annotations

import re
from html import unescape

import pytest
from django.urls import reverse

from streams.audit.models import AuditEntry
from streams.delivery import quarantine_jobs
from streams.events import quarantine_search
from streams.events.models import QuarantinedEvent, QuarantineJob
from streams.portal.quarantine import resolve
from streams.spec.identity_rules import RULES as IDENTITY_RULES
from tests import factories

OLD, NEW = "Mail Opened", "Email Opened"


def words(page) -> str:
    """Return the visible text in one line."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.text)))


def of_workspace(cast, page="quarantine", **query):
    return reverse(f"portal:{page}", args=[cast.workspace.public_id], query=query)


def of_stream(cast, page="partner-stream-quarantine", **query):
    args = [cast.partner.slug, cast.stream.slug]
    return reverse(f"portal:{page}", args=args, query=query)


def decide(browser, url, **asked):
    """Fill in the page as it is shown, and submit it."""
    page = browser.get(url)
    last_id = re.search(r'name="last_id" value="(\d+)"', page.text)[1]
    return browser.post(url, {"last_id": last_id, **asked})


@pytest.fixture
def held(cast):
    """Three quarantined events in the cast's workspace and two in another one."""
    factories.published_plan(cast.stream, NEW)
    other = factories.feed(cast.stream, cast.elsewhere)
    factories.quarantined(cast.feed, 3, event=OLD)
    factories.quarantined(other, 2, event=OLD)
    return other


def test_a_workspace_sees_its_events_by_rule_and_name(as_bob, cast, held):
    page = as_bob.get(of_workspace(cast))

    said = words(page)
    assert "3 events The oldest expires on" in said
    assert "PLAN-EVENT-001 3" in said
    assert 'href="/docs/guide/rules/#PLAN-EVENT-001"' in page.text
    assert "Resolve" not in said


def test_a_stream_sees_the_events_of_all_workspaces(as_dev, cast, held):
    assert "PLAN-EVENT-001 5" in words(as_dev.get(of_stream(cast)))


def test_an_empty_page_says_how_events_get_there(as_bob, cast):
    assert "Nothing in quarantine" in words(as_bob.get(of_workspace(cast)))


def test_a_decision_is_previewed_and_nothing_happens(as_alice, cast, held):
    page = as_alice.get(of_workspace(cast, "quarantine-decide", name=OLD))

    assert "Resolve 3 events" in words(page)
    assert f'name="new_name" value="{NEW}"' in page.text  # the Spec has one for it
    assert not QuarantineJob.objects.exists()


def test_an_editor_renames_their_own_events_and_sees_the_result(as_alice, cast, held):
    url = of_workspace(cast, "quarantine-decide", name=OLD, rule="PLAN-EVENT-001")

    decide(as_alice, url, action="rename", new_name=NEW)
    quarantine_jobs.work(lambda: False)

    page = words(as_alice.get(of_workspace(cast)))
    cast.feed.refresh_from_db()
    assert cast.feed.head_seq == 3
    assert QuarantinedEvent.objects.count() == 2  # the other workspace's
    assert "Email Opened Event not in the plan PLAN-EVENT-001 3 of 3 released" in page
    assert "alice@northwind.example" in page


def test_a_developer_decides_for_all_workspaces_of_the_stream(as_dev, cast, held):
    decide(
        as_dev, of_stream(cast, "partner-stream-quarantine-decide"), action="release"
    )
    quarantine_jobs.work(lambda: False)

    page = words(as_dev.get(of_stream(cast)))
    held.refresh_from_db()
    assert held.head_seq == 2
    assert not QuarantinedEvent.objects.exists()
    assert "Release 5 events 5 of 5 released" in page


def test_a_failed_action_says_what_to_do_and_can_be_repeated(as_alice, cast, held):
    QuarantinedEvent.objects.filter(feed=cast.feed).update(payload=b"{")
    url = of_workspace(cast, "quarantine-decide", name=OLD)
    decide(as_alice, url, action="rename", new_name=NEW)
    quarantine_jobs.work(lambda: False)

    page = words(as_alice.get(of_workspace(cast)))
    assert "Failed 0 of 3 An event could not be processed." in page
    assert "Stop" not in page

    decide(as_alice, url, action="discard", sure="on")

    assert QuarantineJob.objects.filter(ended_at=None, action="discard").exists()


def test_an_event_that_is_not_valid_json_can_be_opened(as_bob, cast, held):
    event = QuarantinedEvent.objects.filter(feed=cast.feed).first()
    QuarantinedEvent.objects.filter(pk=event.pk).update(payload=b'{"cut')

    page = as_bob.get(
        reverse("portal:quarantined-event", args=[cast.workspace.public_id, event.pk])
    )

    assert '"cut' in words(page)


@pytest.mark.parametrize(("sure", "jobs"), [({}, 0), ({"sure": "on"}, 1)])
def test_nothing_is_deleted_without_a_second_confirmation(
    as_alice, cast, held, sure, jobs
):
    url = of_workspace(cast, "quarantine-decide", name=OLD)

    decide(as_alice, url, action="discard", **sure)

    assert QuarantineJob.objects.count() == jobs


def test_events_of_different_names_cannot_be_renamed_together(as_alice, cast, held):
    url = of_workspace(cast, "quarantine-decide")

    decide(as_alice, url, action="rename", new_name=NEW)

    assert not QuarantineJob.objects.exists()


def test_an_editor_chooses_a_stricter_mode_for_a_workspace(as_alice, cast):
    as_alice.post(of_workspace(cast, "quarantine-mode"), {"check_mode": "quarantine"})

    cast.workspace.refresh_from_db()
    assert cast.workspace.check_mode == "quarantine"
    entry = AuditEntry.objects.get(action="workspace.check_mode")
    changed = "Validation mode: Same as stream → Quarantine"
    assert entry.workspace == cast.workspace
    assert entry.detail == {"check_mode": "Quarantine", "changed": changed}


def test_events_that_arrived_after_the_page_was_shown_are_excluded(
    as_alice, cast, held
):
    url = of_workspace(cast, "quarantine-decide", name=OLD)
    page = as_alice.get(url)
    last_id = re.search(r'name="last_id" value="(\d+)"', page.text)[1]
    factories.quarantined(cast.feed, 4, event=OLD)

    as_alice.post(url, {"last_id": last_id, "action": "release"})

    assert QuarantineJob.objects.get().events == 3


def pks(feed) -> list[int]:
    rows = QuarantinedEvent.objects.filter(feed=feed).order_by("pk")
    return list(rows.values_list("pk", flat=True))


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({}, 3),
        ({"name": OLD}, 3),
        ({"name": "Other"}, 0),
        ({"rule": "PLAN-EVENT-001"}, 3),
        ({"user_id": "user-x"}, 1),
        ({"anonymous_id": "anonymous-x"}, 1),
        ({"email": "x@example.com"}, 1),
        ({"email": "X@example.com"}, 1),
        ({"property": "properties.plan = pro"}, 1),
        ({"name_start": "mail"}, 3),
        ({"name_start": "other"}, 0),
        ({"type": "track"}, 3),
        ({"type": "identify"}, 0),
        ({"breaks": "plan-event-001"}, 3),
        ({"breaks": "SPEC-NONE-001"}, 0),
        ({"message_id": "message-x"}, 1),
        ({"since": "2026-03-02T09:59"}, 3),
        ({"since": "2026-03-02T10:01"}, 0),
        ({"until": "2026-03-02T10:00"}, 0),
    ],
)
def test_the_events_of_a_workspace_can_be_searched(as_bob, cast, query, shown):
    factories.quarantined(cast.feed, 2, event=OLD)
    factories.published_plan(cast.stream, NEW)
    factories.quarantined(
        cast.feed,
        1,
        event=OLD,
        userId="user-x",
        anonymousId="anonymous-x",
        messageId="message-x",
        properties={"plan": "pro"},
        context={"traits": {"email": "x@example.com"}},
    )

    page = as_bob.get(of_workspace(cast, **query))

    assert len(set(re.findall(r'href="[^"]*quarantine/(\d+)/', page.text))) == shown


@pytest.mark.parametrize(
    "query", [{"email": "x@example.com"}, {"user_id": "user-x"}, {"type": "identify"}]
)
def test_all_matching_events_are_those_that_the_list_shows(as_alice, cast, query):
    factories.quarantined(cast.feed, 2, event=OLD)
    email = {"traits": {"email": "x@example.com"}, "userId": "user-x"}
    factories.quarantined(cast.feed, 2, type="identify", event=None, **email)
    page = as_alice.get(of_workspace(cast, **query))
    assert "Resolve all 2 matching events…" in words(page)
    url = unescape(re.search(r'href="([^"]*decide/\?[^"]*)">\s*Resolve all 2', page.text)[1])  # fmt: skip

    decide(as_alice, url, action="discard", sure="on")

    assert QuarantineJob.objects.get().events == 2
    assert QuarantineJob.objects.get().position + 1 == pks(cast.feed)[2]


def test_older_events_that_may_match_are_left_for_the_next_time(
    as_alice, cast, monkeypatch
):
    monkeypatch.setattr(quarantine_search, "SCAN", 2)
    factories.quarantined(cast.feed, 3, event=OLD, userId="user-x")

    page = as_alice.get(of_workspace(cast, "quarantine-decide", user_id="user-x"))

    assert "Resolve 2 events" in words(page)
    assert "Older events may match, too." in words(page)


def test_a_stream_filters_by_name_and_cause_and_says_that_others_need_a_workspace(
    as_dev, cast, held
):
    factories.quarantined(cast.feed, 4, event="Other")

    named = words(as_dev.get(of_stream(cast, name=OLD)))
    person = as_dev.get(of_stream(cast, name=OLD, email="x@example.com"))

    assert "PLAN-EVENT-001 5" in named
    assert f"{cast.workspace.name} 3" in named
    assert "Other" not in named
    assert "Select a workspace to apply all filters." in words(person)
    assert "Resolve all" not in words(person)
    one = f"?workspace={cast.workspace.public_id}&name=Mail+Opened&email=x%40example.com"  # fmt: skip
    assert one in unescape(person.text)


def test_across_workspaces_nothing_is_resolved_by_a_filter_that_needs_one(
    as_dev, cast, held
):
    url = of_stream(cast, "partner-stream-quarantine-decide", email="x@example.com")

    page = as_dev.get(url)

    assert page.url == of_stream(cast)


def test_a_long_list_has_pages(as_bob, cast):
    factories.quarantined(cast.feed, 60, event=OLD)
    first = as_bob.get(of_workspace(cast, name=OLD))
    older = unescape(re.search(r'href="([^"]*before=[^"#]*)', first.text)[1])

    second = as_bob.get(of_workspace(cast) + older)

    found = [set(re.findall(r"quarantine/(\d+)/", one.text)) for one in (first, second)]
    assert [len(ids) for ids in found] == [50, 10]
    assert not found[0] & found[1]


def test_an_event_is_shown_with_its_issues_beside_its_lines(as_bob, cast, held):
    url = of_workspace(cast) + f"{pks(cast.feed)[0]}/"

    said = words(as_bob.get(url))

    assert "Mail Opened" in said
    assert "Error This event is not in the stream's tracking plan." in said
    assert "Cause: Event not in the plan PLAN-EVENT-001" in said


@pytest.mark.parametrize(
    ("event", "rule", "recommended"),
    [
        (OLD, "PLAN-EVENT-001", f"Rename this event to {NEW}"),
        (
            "Tea Poured",
            "PLAN-EVENT-001",
            "If it may be sent as it is, although it isn't in",
        ),
        ("Tea Poured", "PLAN-REQUIRED-001", "If it may be sent without the property"),
        (
            "Tea Poured",
            "PLAN-TYPE-001",
            "If it may be sent as it is, although the type",
        ),
        ("Tea Poured", "SPEC-IDENTITY-001", "Segment may reject this event"),
    ],
)
def test_the_page_of_an_event_recommends_an_action_and_says_who_can_fix_the_cause(
    as_bob, cast, event, rule, recommended
):
    factories.published_plan(cast.stream, NEW)
    factories.quarantined(cast.feed, event=event, rule=rule)

    said = words(as_bob.get(of_workspace(cast) + f"{pks(cast.feed)[0]}/"))

    partner = cast.partner.name
    assert f"Recommended: {recommended}" in said
    assert f"Ask {partner} to fix the cause, so that later events are sent." in said
    assert f"Ask {partner} to fix this" in said


def test_the_partner_reads_how_to_fix_an_issue_without_a_detour(as_dev, cast, held):
    args = [cast.partner.slug, cast.stream.slug, pks(cast.feed)[0]]

    said = words(
        as_dev.get(reverse("portal:partner-stream-quarantined-event", args=args))
    )

    assert "Fix the cause in the tool or in the tracking plan" in said
    assert "Ask" not in said


def test_only_the_selected_events_are_released(as_alice, cast, held):
    ids = pks(cast.feed)
    url = of_workspace(cast, "quarantine-decide", id=ids[1], action="release")
    assert "Release 1 event" in words(as_alice.get(url))

    decide(as_alice, url, action="release", counted="1")
    quarantine_jobs.work(lambda: False)

    assert pks(cast.feed) == [ids[0], ids[2]]


def test_a_form_has_only_the_fields_of_its_action(as_alice, cast, held):
    def fields(action):
        page = as_alice.get(
            of_workspace(cast, "quarantine-decide", name=OLD, action=action)
        )
        button = re.search(r'<button class="button first[^>]*>([^<]*)', page.text)[1]
        return button, 'name="new_name"' in page.text, 'name="sure"' in page.text

    assert fields("release") == ("Release 3 events", False, False)
    assert fields("rename") == ("Rename 3 events", True, False)
    assert fields("discard") == ("Discard 3 events", False, True)


def test_a_selection_without_events_resolves_nothing(as_alice, cast, held):
    page = as_alice.get(of_workspace(cast, "quarantine-decide", selected="yes"))

    assert page.url == of_workspace(cast)


def test_a_discard_can_be_undone_from_the_page(as_alice, cast, held):
    url = of_workspace(cast, "quarantine-decide", name=OLD)
    decide(as_alice, url, action="discard", sure="on")
    page = as_alice.get(of_workspace(cast))
    assert "Undo" in words(page)
    order = re.search(r'name="order" value="([^"]+)"', page.text)[1]

    page = as_alice.post(
        of_workspace(cast, "quarantine-stop"), {"order": order}, follow=True
    )

    assert "3 events stay in quarantine" in words(page)
    assert QuarantineJob.objects.get().ended_at is not None


def test_a_stream_lists_its_workspaces_and_the_events_of_one(as_dev, cast, held):
    url = of_stream(cast)
    assert f"{cast.elsewhere.name} 2" in words(as_dev.get(url))

    page = as_dev.get(of_stream(cast, workspace=cast.elsewhere.public_id))

    assert set(re.findall(r"quarantine/(\d+)/", page.text)) == {
        str(pk) for pk in pks(held)
    }


def test_a_workspace_outside_the_stream_is_not_found(as_dev, cast, held):
    other = factories.workspace(factories.partner())

    page = as_dev.get(of_stream(cast, workspace=other.public_id))

    assert page.status_code == 404


def test_in_a_very_large_quarantine_only_the_oldest_events_are_resolved(
    as_alice, cast, held, monkeypatch
):
    monkeypatch.setattr(resolve, "MOST_COUNTED", 2)

    page = as_alice.get(of_workspace(cast, "quarantine-decide", name=OLD))

    assert "Resolve 2 events" in words(page)
    assert "Repeat the action for later ones." in words(page)


def test_a_viewer_sees_the_mode_and_who_can_change_it(as_bob, cast):
    page = as_bob.get(of_workspace(cast, "quarantine"))

    shown = words(page)
    assert "Validation mode of this workspace Same as stream An editor" in shown
    assert 'type="radio"' not in page.text


# --- Events that wait for a userId ----------------------------------------------------


def test_an_event_that_waits_says_that_it_is_released_automatically(as_alice, cast):
    factories.quarantined(cast.feed, rule="IDENTITY-UNRESOLVED", user_id="")
    pk = QuarantinedEvent.objects.get().pk

    listed = as_alice.get(of_workspace(cast))
    page = as_alice.get(
        reverse("portal:quarantined-event", args=[cast.workspace.public_id, pk])
    )
    release = as_alice.get(of_workspace(cast, "quarantine-decide", id=pk))

    assert "Recommended: Wait. This event is released automatically" in words(page)
    assert "sent with the userId if it is known by now" in words(release)
    assert "unchanged" not in words(release)
    assert [words(one).count("Rename") for one in (listed, page, release)] == [0, 0, 0]


def test_a_rule_about_a_person_leads_to_the_guide_of_the_portal(as_alice, cast):
    assert {rule.docs for rule in IDENTITY_RULES.values()} == {
        "/docs/guide/ingest/#events-without-a-userid"
    }
    guide = as_alice.get("/docs/guide/ingest/")
    assert 'id="events-without-a-userid"' in guide.text
