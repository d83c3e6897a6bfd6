"""Live tail: each poll has the rows since the last one, and only those of the tenant."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from streams.base.clock import now
from streams.catalog.validation.portal_test_event import TEST_EVENT, TEST_USER_ID
from streams.observability.requests.store import LoggedRequest, append
from streams.portal.tail import rows
from tests import factories


@pytest.fixture(autouse=True)
def fresh():
    """Forget the responses to the polls of earlier tests."""
    rows._events_across.cache_clear()
    rows._attempts_across.cache_clear()


def of_workspace(client, cast, page="tail-rows", **query):
    return client.get(reverse(f"portal:{page}", args=[cast.workspace.public_id]), query)


def of_partner(client, cast, page="partner-tail-rows", **query):
    return client.get(reverse(f"portal:{page}", args=[cast.partner.slug]), query)


def keys(page) -> list[str]:
    return re.findall(r'<tr id="([^"]+)">', page.text)


def test_a_poll_has_the_events_since_the_last_one(as_bob, cast):
    factories.append(cast.feed, 3)
    opened = of_workspace(as_bob, cast, "tail")

    factories.append(cast.feed, 2)
    poll = of_workspace(as_bob, cast, after=3)
    next_poll = of_workspace(as_bob, cast, after=poll.headers["Tail-After"])

    feed = cast.feed.pk
    assert keys(opened) == [f"e{feed}-3", f"e{feed}-2", f"e{feed}-1"]
    assert 'data-after="3"' in opened.text
    assert keys(poll) == [f"e{feed}-5", f"e{feed}-4"]
    assert keys(next_poll) == []


def test_on_a_phone_a_row_has_its_time_and_user_below_the_name(as_bob, cast):
    factories.append(cast.feed, 1, userId="ada")

    row = of_workspace(as_bob, cast, "tail").text

    below = re.search(r'<div class="narrow small muted">(.*?)</div>', row, re.DOTALL)[1]
    assert re.sub(r"<[^>]*>", "", below) == "10:00:00 · ada"


def test_of_many_events_a_poll_has_the_newest_and_says_how_many_it_left_out(
    as_bob, cast
):
    factories.append(cast.feed, 80)

    poll = of_workspace(as_bob, cast, after=0)

    assert len(keys(poll)) == rows.PER_POLL
    assert (poll.headers["Tail-After"], poll.headers["Tail-Missed"]) == ("80", "30")


def test_events_are_filtered(as_bob, cast):
    factories.append(cast.feed, 1, event="Email Opened", userId="ada")
    factories.append(cast.feed, 1, event="Email Sent", userId="ada")

    poll = of_workspace(as_bob, cast, after=0, name="email o", user_id="ada")

    assert keys(poll) == [f"e{cast.feed.pk}-1"]


def test_a_poll_has_the_attempts_since_the_last_one(as_bob, cast):
    cursor = factories.cursor(factories.connection(cast.feed))
    factories.append(cast.feed, 3)
    first = factories.delivered(cursor, 2)
    factories.rejected(cursor)

    poll = of_workspace(as_bob, cast, show="attempts", after=first.pk)
    filtered = of_workspace(as_bob, cast, show="attempts", outcome="delivered")

    assert len(keys(poll)) == 1
    assert keys(filtered) == [f"a{first.pk}"]


def test_a_partner_follows_the_events_and_attempts_of_all_its_customers(as_sam, cast):
    elsewhere = factories.feed(cast.stream, cast.elsewhere)
    cursor = factories.cursor(factories.connection(elsewhere))
    factories.append(elsewhere, 1, now=now())
    factories.append(cast.feed, 1, now=now())
    factories.append(factories.feed(), 1, now=now())  # of another partner
    sent = factories.delivered(cursor, 1, now=now())

    events = of_partner(as_sam, cast)
    attempts = of_partner(as_sam, cast, show="attempts")

    assert set(keys(events)) == {f"e{cast.feed.pk}-1", f"e{elsewhere.pk}-1"}
    assert keys(attempts) == [f"a{sent.pk}"]
    assert cast.elsewhere.name in attempts.text


def test_old_events_are_not_among_those_that_arrive(as_sam, cast):
    factories.append(cast.feed, 1, now=now() - timedelta(minutes=1))

    assert keys(of_partner(as_sam, cast)) == []


def test_a_partner_follows_its_requests(as_sam, cast, settings, services):
    settings.REDIS_URL = services.new_redis_url()
    append({cast.partner.pk: [LoggedRequest(at_s=1, status=401, code="X")]}, now_s=1)
    append({cast.rival.pk: [LoggedRequest(at_s=1, status=200)]}, now_s=1)
    opened = of_partner(as_sam, cast, "partner-tail", show="requests")
    after = re.findall(r'data-after="([^"]+)"', opened.text)[0]

    append({cast.partner.pk: [LoggedRequest(at_s=2, status=200)]}, now_s=2)
    poll = of_partner(as_sam, cast, show="requests", after=after)

    assert (len(keys(opened)), len(keys(poll))) == (1, 1)
    assert ">200<" in poll.text
    assert of_partner(as_sam, cast, show="requests", after="x").status_code == 404


def test_requests_name_the_rules_that_their_events_broke(
    as_sam, cast, settings, services
):
    settings.REDIS_URL = services.new_redis_url()
    rules = ("SPEC-NAME-001", "INGEST-FULL-001")
    many = LoggedRequest(at_s=1, status=200, rejected=2, held=1, rules=rules)
    one = LoggedRequest(at_s=1, status=400, rejected=1, code="SPEC-ID-002")
    append({cast.partner.pk: [many, one]}, now_s=1)

    tail = of_partner(as_sam, cast, "partner-tail", show="requests").text
    page = of_partner(as_sam, cast, "partner-requests").text

    for text in (tail, page):
        assert 'href="/docs/guide/rules/#SPEC-NAME-001"' in text
        assert 'href="/docs/guide/ingest/#INGEST-FULL-001"' in text
        assert 'href="/docs/guide/rules/#SPEC-ID-002"' in text
        assert "1 queued (held), 2 rejected" in text


def test_requests_are_listed_by_their_time_and_not_by_when_they_were_logged(
    as_sam, cast, settings, services
):
    settings.REDIS_URL = services.new_redis_url()
    for at_s, path in ((3, "/v1/page"), (1, "/v1/track"), (2, "/v1/group")):
        logged = LoggedRequest(at_s=at_s, status=200, path=path)
        append({cast.partner.pk: [logged]}, now_s=3)

    page = of_partner(as_sam, cast, "partner-requests").text

    assert re.findall(r"/v1/\w+", page) == ["/v1/page", "/v1/group", "/v1/track"]
    unlisted = "Requests with an unknown, expired or revoked key aren't listed"
    assert unlisted in page


def test_refused_requests_are_counted_by_key_with_what_to_do(as_sam, cast):
    token, _ = factories.token(cast.stream)
    other, _ = factories.token()
    for subject, stream, status in (
        (f"token:{token.pk}", cast.stream, 401),
        (f"feed:{cast.feed.pk}", cast.stream, 413),
        (f"token:{other.pk}", other.stream, 429),
    ):
        factories.refused_requests(subject, stream, status, count=1_234)

    page = of_partner(as_sam, cast, "partner-requests").text

    assert f"API token “Production” ({token.hint}…)" in page
    assert f"Ingest key of {cast.workspace.name} ({cast.feed.ingest_key_hint}…)" in page
    assert "Send fewer events in each request." in page
    assert page.count("1,234") == 2
    assert f"({other.hint}" not in page


def test_polls_in_the_same_second_share_one_response(as_sam, cast, monkeypatch):
    monkeypatch.setattr(rows.time, "monotonic", lambda: 1.0)
    factories.append(cast.feed, 1, now=now())
    first = keys(of_partner(as_sam, cast))

    factories.append(cast.feed, 1, now=now())

    assert keys(of_partner(as_sam, cast)) == first


def marks(page) -> list[str]:
    """Return the visible issues of each row."""
    rows = re.findall(r"<tr id=.*?</tr>", page.text, re.DOTALL)
    found = [
        re.search(r'<span class="badge (\w+)" title[^>]*>([^<]+)', row) for row in rows
    ]
    return [f"{one[2]} ({one[1]})" if one else "" for one in found]


def test_an_event_has_a_mark_with_its_issues_in_the_words_of_its_page(client, cast):
    factories.published_plan(cast.stream, "Email Opened")
    factories.append(cast.feed, 1, event="Mail Opened", now=now())
    factories.append(cast.feed, 1, event="Email Opened", properties={}, now=now())

    client.force_login(cast.bob)
    of_customer = of_workspace(client, cast, after=0)
    page = client.get(reverse("portal:event", args=[cast.workspace.public_id, 1]))
    client.force_login(cast.petra)
    of_customers = of_partner(client, cast)

    assert marks(of_customer) == marks(of_customers) == ["", "1 error (bad)"]
    assert "1 error, by the current plan" in page.text


def test_the_test_event_of_a_connection_has_no_mark(client, cast):
    factories.published_plan(cast.stream, "Email Opened")
    own = {"event": TEST_EVENT, "userId": TEST_USER_ID}
    factories.append(cast.feed, 1, **own, now=now())

    client.force_login(cast.bob)
    page = client.get(reverse("portal:event", args=[cast.workspace.public_id, 1]))
    broken = client.get(
        reverse("portal:events", args=[cast.workspace.public_id]),
        {"rule": "PLAN-EVENT-001"},
    )

    assert marks(of_workspace(client, cast, after=0)) == [""]
    assert "No issues, by the current plan" in page.text
    assert f"{TEST_EVENT}</" not in broken.text
