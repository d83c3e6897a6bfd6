from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from streams.audit.models import AuditEntry
from streams.base.clock import now
from streams.base.ids import digest
from streams.delivery.models import Cursor
from streams.events.models import Feed
from streams.portal.shared.navigation_tags import of_feed
from streams.tenancy.models import PartnerToken, Workspace
from tests import factories


def url(cast, page: str, *args: object) -> str:
    return reverse(f"portal:{page}", args=[cast.partner.slug, *args])


def secret_on(page) -> str:
    """Return the secret that the page shows once."""
    return page.text.split('<code id="secret">')[1].split("<")[0]


def create_workspace(client, cast, **changes):
    form = {
        "name": "Aldgate Books",
        "external_id": "aldgate",
        "stream": cast.stream.pk,
        **changes,
    }
    return client.post(url(cast, "partner-workspace-new"), form)


def test_a_new_workspace_comes_with_its_ingest_key(as_petra, cast):
    page = create_workspace(as_petra, cast)

    feed = Feed.objects.get(workspace__external_id="aldgate")
    assert feed.ingest_key_digest == digest(secret_on(page))


def test_a_new_ingest_key_says_who_needs_it(as_petra, cast):
    page = create_workspace(as_petra, cast)

    assert "Only senders without an API token need this key" in page.text


def test_a_workspace_shows_its_issues_of_the_last_day_and_where_replays_are(
    as_dev, cast
):
    factories.found(cast.feed, events=1_200, at=now())
    factories.found(cast.feed, "Other", events=7, at=now() - timedelta(days=2))

    page = as_dev.get(url(cast, "partner-workspace", cast.workspace.public_id))

    issues = of_feed(cast.workspace, cast.feed, "issues")
    replays = of_feed(cast.workspace, cast.feed, "replays")
    assert f'<a href="{issues}">1,200 issues in the last 24 hours</a>' in page.text
    assert f'<a href="{replays}">View replays</a>' in page.text


def test_the_issues_of_a_workspace_with_many_streams_take_one_query(as_dev, cast):
    own = url(cast, "partner-workspace", cast.workspace.public_id)

    def queries() -> int:
        with CaptureQueriesContext(database) as captured:
            as_dev.get(own)
        return len(captured)

    queries()
    before = queries()
    more = factories.feed(factories.stream(cast.partner), cast.workspace)
    factories.found(more, events=3, at=now())

    assert queries() == before


def test_an_id_in_use_creates_nothing(as_petra, cast):
    page = create_workspace(as_petra, cast, external_id=cast.workspace.external_id)

    assert "already" in str(page.context["form"].errors["external_id"])
    assert Workspace.objects.filter(name="Aldgate Books").count() == 0


def test_a_stream_of_another_partner_cannot_be_chosen(as_petra, cast):
    foreign = factories.stream(cast.rival)

    create_workspace(as_petra, cast, stream=foreign.pk)

    assert not foreign.feeds.exists()


def test_a_new_ingest_key_replaces_the_old_one(as_petra, cast):
    old = factories.ingest_key(cast.feed)
    page = url(cast, "partner-ingest-key", cast.workspace.public_id, cast.feed.pk)

    asked = as_petra.get(page)
    made = as_petra.post(page)

    assert (
        f"The current key <code>{old.hint}…</code> stops working immediately."
        in asked.text
    )
    cast.feed.refresh_from_db()
    assert cast.feed.ingest_key_digest == digest(secret_on(made)) != old.digest


def test_a_feed_of_another_workspace_gets_no_key_here(as_petra, cast):
    other = factories.feed(cast.stream, cast.elsewhere)

    answer = as_petra.post(
        url(cast, "partner-ingest-key", cast.workspace.public_id, other.pk)
    )

    assert answer.status_code == 404


def test_a_token_is_shown_once_and_not_cached_by_the_browser(as_petra, cast):
    tokens = url(cast, "partner-tokens")

    made = as_petra.post(tokens, {"name": "Production", "stream": cast.stream.pk})

    token = secret_on(made)
    assert PartnerToken.objects.get().digest == digest(token)
    assert "no-store" in made.headers["Cache-Control"]
    again = as_petra.get(tokens).text
    assert token not in again
    assert f"{token[:8]}…" in again


def test_a_token_can_expire_and_the_list_says_when(as_petra, cast):
    tokens = url(cast, "partner-tokens")
    fields = {"name": "Production", "stream": cast.stream.pk}

    as_petra.post(tokens, fields | {"lifetime": "90"})
    refused = as_petra.post(tokens, fields | {"lifetime": "91"})
    factories.token(cast.stream, expires_at=factories.NOW - timedelta(days=365))

    token = PartnerToken.objects.get(expires_at__gt=now())
    assert token.expires_at - token.created_at == timedelta(days=90)
    assert refused.context["form"].has_error("lifetime")
    assert PartnerToken.objects.count() == 2
    rows = as_petra.get(tokens).text
    assert f"{token.expires_at:%-d %b %Y}" in rows
    assert rows.count(">Expired<") == 1


def test_a_token_is_revoked_after_a_confirmation(as_petra, cast):
    token, _ = factories.token(cast.stream)
    revoke = url(cast, "partner-token-revoke", token.pk)

    asked = as_petra.get(revoke)
    page = as_petra.post(revoke, follow=True)

    assert "The token has never been used." in asked.text
    assert '<span class="badge">Revoked</span>' in page.text


def test_a_token_of_another_partner_is_not_found(as_petra, cast):
    token, _ = factories.token(factories.stream(cast.rival))

    assert as_petra.get(url(cast, "partner-token-revoke", token.pk)).status_code == 404


def test_a_streams_settings_are_changed(as_petra, cast):
    as_petra.post(
        url(cast, "partner-stream", cast.stream.slug),
        {
            "name": "Post", "version": "1.1.0", "allow_anonymous": "on",
            "retention_days": "90", "check_mode": "reject",
        },
    )  # fmt: skip

    cast.stream.refresh_from_db()
    assert (cast.stream.name, cast.stream.version) == ("Post", "1.1.0")
    assert cast.stream.check_mode == "reject"
    assert cast.stream.retention_days == 90
    assert (cast.stream.allow_anonymous, cast.stream.create_workspaces) == (True, False)


@pytest.mark.parametrize("version", ["1", "1.0.0-beta", "1.0.0\n", "v1.0.0", "١.٠.٠"])
def test_a_version_has_three_numbers(as_petra, cast, version):
    as_petra.post(
        url(cast, "partner-stream", cast.stream.slug),
        {"name": "Post", "version": version, "retention_days": "30"},
    )

    cast.stream.refresh_from_db()
    assert cast.stream.version == "1.0.0"


@pytest.mark.parametrize("days", ["", "13", "366", "30.5", "-1"])
def test_retention_is_two_weeks_to_a_year(as_petra, cast, days):
    page = as_petra.post(
        url(cast, "partner-stream", cast.stream.slug),
        {"name": "Post", "version": "1.0.0", "retention_days": days},
    )

    assert "retention_days" in page.context["form"].errors
    cast.stream.refresh_from_db()
    assert cast.stream.retention_days == 30


def test_the_example_names_the_address_for_events(as_petra, cast, settings):
    settings.INGEST_URL = "https://events.example"

    page = as_petra.get(url(cast, "partner-stream-send", cast.stream.slug))

    assert page.text.count("https://events.example") == 1


def test_workspaces_are_found_by_name_and_by_the_partners_id(as_petra, cast):
    factories.workspace(cast.partner, name="Aldgate Books", external_id="77")

    for query in ("aldg", "77"):
        page = as_petra.get(url(cast, "partner"), {"q": query})

        assert [row.workspace.name for row in page.context["rows"]] == ["Aldgate Books"]


def test_the_list_shows_the_status_of_each_workspace(as_petra, cast):
    factories.due_cursor(2, factories.connection(cast.feed, status="paused"))

    page = as_petra.get(url(cast, "partner"))

    row = next(r for r in page.context["rows"] if r.workspace == cast.workspace)
    assert (row.status.word, row.ledger.accepted, row.waiting) == ("Paused", 2, 2)


def test_a_stream_says_how_long_a_round_takes(as_petra, cast):
    for _ in range(3):
        factories.due_cursor(1, factories.connection(factories.feed(cast.stream)))
    Cursor.objects.update(due_at=now())

    page = as_petra.get(
        f"/p/{cast.partner.slug}/streams/{cast.stream.slug}/overview/"
    ).text

    assert "Up to 50 requests per second" in page
    assert "60 ms, in which every connection with events to send has its turn" in page


def test_a_stream_chooses_its_spec_exceptions(as_petra, cast):
    page = url(cast, "partner-stream-exceptions", cast.stream.slug)

    as_petra.post(page, {"accepted": ["review-rating", "email-unsubscribed"]})
    as_petra.post(page, {"accepted": ["what we never offered"]})

    cast.stream.refresh_from_db()
    assert cast.stream.spec_readings == ["email-unsubscribed", "review-rating"]
    assert "email-unsubscribed" in cast.stream.spec_exceptions
    (entry,) = AuditEntry.objects.filter(action="stream.readings_chosen")
    assert entry.actor == cast.petra
    assert entry.detail == {
        "stream": cast.stream.slug,
        "readings": "email-unsubscribed, review-rating",
        "changed": "readings: – → email-unsubscribed, review-rating",
    }
