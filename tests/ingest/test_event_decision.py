"""The status of one event, decided by values alone."""

from __future__ import annotations

import json

import pytest

from streams.base.ids import digest
from streams.catalog.validation.event_validator import EventValidator
from streams.events.event_preparation import RequestFields, StreamFields, message_ids
from streams.ingest.credentials.authentication import Credential, CredentialKind
from streams.ingest.credentials.credential_cache import CredentialAccess, ResolvedFeed
from streams.ingest.event_decision import (
    InvalidEvent,
    RefusedEvent,
    StoredEvent,
    decide,
    parse,
)
from streams.ingest.http.responses import EventResult
from streams.ingest.workspaces.resolution import too_many
from streams.spec.validation_modes import ValidationMode
from tests import factories

CORRECT, MISSPELLED = "Order Completed", "order completed"
FEED = ResolvedFeed(7, "fern", connected=True)
SOURCE = StreamFields("postbox", "1.0")
TOKEN = CredentialAccess(
    Credential(CredentialKind.PARTNER_TOKEN, digest("pt_x")), 1, SOURCE, True, None
)


def parsed(name=CORRECT, workspace="fern", **changes):
    """An event as a partner's server sends it with an API token."""
    event = {"type": "track", "userId": "u1", "event": name, "messageId": "m1"}
    sent = json.dumps({**event, "workspace": workspace, **changes}).encode()
    fields = RequestFields(source=SOURCE, received_at=factories.NOW)
    return parse(sent, TOKEN, fields, call=None, ids=message_ids(1))


def checked_in(mode):
    return ResolvedFeed(7, "fern", connected=True, validator=EventValidator(mode))


def decided(event, feed, full_feeds=()):
    return decide(event, feed, full_feeds=full_feeds, now=factories.NOW)


def test_a_valid_event_is_stored_in_the_feed_of_its_workspace():
    event = parsed()

    assert decided(event, FEED) == StoredEvent(FEED, event.event, "fern")


def test_an_event_of_an_unknown_workspace_is_refused():
    result = decided(parsed(), None).result

    assert (result.outcome, result.rule) == ("rejected", "INGEST-WORKSPACE-004")
    assert (result.workspace, result.message_id) == ("fern", "m1")


def test_an_event_whose_workspace_can_be_created_later_is_put_off():
    later = too_many()

    decision = decided(parsed(), later)

    assert (decision.result.outcome, decision.result.rule) == ("throttled", later.code)
    assert decision.retry is later


def test_an_event_for_a_full_feed_is_put_off_and_not_checked():
    feed = checked_in(ValidationMode.REJECT)

    decision = decided(parsed(MISSPELLED), feed, full_feeds={7})

    assert decision.result.rule == "INGEST-FULL-001"
    assert (decision.retry.status, decision.issues) == (429, None)


@pytest.mark.parametrize("mode", [ValidationMode.WARN, ValidationMode.QUARANTINE])
def test_an_event_with_an_error_is_stored_with_its_issues(mode):
    decision = decided(parsed(MISSPELLED), checked_in(mode))

    assert [issue.rule for issue in decision.issues] == ["SPEC-NAME-004"]
    held_by = "" if mode is ValidationMode.WARN else "SPEC-NAME-004"
    assert decision.event.held_by == held_by


def test_an_event_with_an_error_is_refused_if_the_mode_says_so():
    decision = decided(parsed(MISSPELLED), checked_in(ValidationMode.REJECT))

    assert isinstance(decision, RefusedEvent)
    assert (decision.result.outcome, decision.result.rule) == (
        "rejected",
        "SPEC-NAME-004",
    )
    assert (decision.issues.feed_id, decision.issues.name) == (7, MISSPELLED)
    assert decision.retry is None


def test_an_event_that_cannot_be_read_counts_for_the_feed_that_it_names():
    event = parsed(userId=None)
    assert isinstance(event, InvalidEvent)

    decision = decided(event, FEED)

    assert decision.result == event.result
    assert (decision.issues.feed_id, decision.issues.name) == (7, CORRECT)


@pytest.mark.parametrize("feed", [None, too_many()])
def test_an_event_that_cannot_be_read_counts_nowhere_without_a_feed(feed):
    event = parsed(userId=None)

    assert decided(event, feed) == RefusedEvent(event.result)


def test_an_event_without_a_workspace_is_an_error_of_the_request():
    event = parsed(workspace=None)
    assert event.workspace is None

    result = decided(event, None).result

    assert result == EventResult(
        "rejected",
        "m1",
        rule="INGEST-WORKSPACE-001",
        message=result.message,
        fix=result.fix,
        path="workspace",
    )
