"""QA test runs: send the plan and the test sequence for each test workspace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from streams.audit.services import record
from streams.catalog.plans.samples import sample
from streams.catalog.plans.services import published_plan
from streams.review.qa.ingest_client import send
from streams.review.qa.journey import walk
from streams.review.qa.models import QaRun
from streams.review.qa.workspaces import test_feeds
from streams.tenancy.services import create_token, revoke_token

if TYPE_CHECKING:
    from datetime import datetime

    from streams.base.ids import Secret
    from streams.catalog.models import Stream
    from streams.catalog.plans.plan import TrackingPlan
    from streams.events.models import Feed
    from streams.tenancy.models import User

# User IDs as a customer's database would have them.
EACH, WALKER = "qa-user-1", "qa-user-2"
TOKEN_NAME = "QA test run"  # noqa: S105 - its name in the list of tokens
MOST_REFUSED = 20


class CannotRun(ValueError):
    """There is nothing to send, or no test workspace; the message says what to do."""


def run_test(
    *, stream: Stream, ingest_url: str, actor: User | None, now: datetime
) -> QaRun:
    """Send each planned event and the test sequence through the public ingest.

    Never call this in a transaction: it waits for the network. Raises CannotRun, or
    EventsRefused after the run has started; what was sent until then counts.
    """
    plan, feeds = published_plan(stream), list(test_feeds(stream))
    if plan is None or not plan.events:
        raise CannotRun(
            _("Publish the stream's plan first. The test sends its events.")
        )
    if not feeds:
        raise CannotRun(_("Create the test workspaces first."))
    run = _begin(stream, feeds, actor, now)
    with _token(stream, actor) as token:
        for feed in feeds:
            taken = send(ingest_url, token, calls(plan, feed, run.message_ids(feed)))
            run.events += taken.stored
            run.refused = [*run.refused, *taken.refused][:MOST_REFUSED]
            run.save(update_fields=["events", "refused"])
    return run


def calls(plan: TrackingPlan, feed: Feed, message_ids: str) -> list[dict[str, Any]]:
    """Return the calls for one test workspace: planned events, then the test sequence.

    Their messageIds start with `message_ids`.
    """
    everything = [sample(event, user_id=EACH) for event in plan.events]
    everything += [sample(event, user_id=WALKER) for event in walk(plan)]
    workspace = feed.workspace.external_id
    return [
        {**call, "workspace": workspace, "messageId": f"{message_ids}{number}"}
        for number, call in enumerate(everything, 1)
    ]


@transaction.atomic
def _begin(
    stream: Stream, feeds: list[Feed], actor: User | None, now: datetime
) -> QaRun:
    seqs = {str(feed.pk): feed.head_seq for feed in feeds}
    run = QaRun.objects.create(stream=stream, started_at=now, by=actor, seqs=seqs)
    record(
        "qa.run",
        actor=actor,
        partner=stream.partner,
        stream=stream.slug,
        workspaces=len(feeds),
    )
    return run


@contextmanager
def _token(stream: Stream, actor: User | None) -> Iterator[Secret]:
    """Create an API token for this run, and revoke it at the end.

    If the process dies before that, no one knows the token.
    """
    token, secret = create_token(
        stream=stream, name=TOKEN_NAME, actor=actor, is_internal=True
    )
    try:
        yield secret
    finally:
        revoke_token(token=token, actor=actor)
