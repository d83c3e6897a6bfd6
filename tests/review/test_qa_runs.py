"""A QA test run that can't start. tests/end_to_end/test_qa.py has a complete run."""

from __future__ import annotations

import pytest

from streams.review.qa.ingest_client import EventsRefused
from streams.review.qa.run import CannotRun, run_test
from streams.review.qa.services import last_run
from streams.tenancy.models import PartnerToken
from tests import factories
from tests.servers.valkey import free_port

pytestmark = pytest.mark.django_db


@pytest.fixture
def stream():
    """A stream with a test workspace, and without a plan."""
    stream = factories.stream()
    factories.feed(stream, factories.workspace(stream.partner, is_test=True))
    return stream


def start(stream):
    nobody = f"http://127.0.0.1:{free_port()}"
    return run_test(stream=stream, ingest_url=nobody, actor=None, now=factories.NOW)


def test_without_a_plan_there_is_nothing_to_send(stream):
    with pytest.raises(CannotRun, match="Publish the stream's plan first"):
        start(stream)

    assert last_run(stream) is None


def test_without_a_test_workspace_there_is_no_destination():
    stream = factories.stream()
    factories.published_plan(stream, "Email Opened")

    with pytest.raises(CannotRun, match="Create the test workspaces first"):
        start(stream)


def test_an_ingest_that_does_not_respond_is_reported_and_the_token_revoked(stream):
    factories.published_plan(stream, "Email Opened")

    with pytest.raises(EventsRefused, match="can't be reached") as refused:
        start(stream)

    assert "pt_" not in str(refused.value)
    assert refused.value.__suppress_context__
    assert PartnerToken.objects.get().revoked_at is not None
    assert last_run(stream).events == 0
