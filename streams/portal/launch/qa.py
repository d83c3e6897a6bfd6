"""QA pages of a stream: the checklist, the report, and the test workspaces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from streams.base.clock import now
from streams.base.public_urls import addresses
from streams.catalog.pages.page_kinds import PageKind
from streams.catalog.stage import Stage
from streams.observability.user_id_lookups.store import lookups_of
from streams.portal.shared.access import (
    PartnerAccess,
    PortalRequest,
    partner_to_develop,
    partner_to_see,
    signed_in,
    stream_of,
)
from streams.portal.shared.navigation_tags import within
from streams.portal.workspace.summaries import FeedSummary, rows
from streams.publishing.pages import address_of
from streams.review.follow_ups import launched_at
from streams.review.qa.checklist_line import CheckState
from streams.review.qa.ingest_client import EventsRefused
from streams.review.qa.observations import (
    ObservedError,
    ObservedEvent,
    ObservedPage,
    ObservedRequest,
)
from streams.review.qa.run import CannotRun, run_test
from streams.review.qa.services import checklist, last_run
from streams.review.qa.workspaces import (
    MAX_TEST_WORKSPACES,
    WANTED,
    TooManyTestWorkspaces,
    prepare,
    test_feeds,
)
from streams.tenancy.services import ExternalIdTaken

if TYPE_CHECKING:
    from datetime import datetime

    from streams.catalog.models import Stream
    from streams.review.qa.checklist import Checklist
    from streams.review.qa.checklist_line import ChecklistLine, Proof

# While the events of a run are being delivered, checks pass one by one. After that,
# they change only with what the partner's tool sends. Each refresh reads thousands of
# events.
UNDER_WAY = timedelta(minutes=2)
OFTEN, SELDOM = "5s", "30s"
TONES = {
    CheckState.PASSED: ("good", "check"),
    CheckState.FAILED: ("bad", "cross"),
    CheckState.SIMULATED: ("busy", "dots"),
    CheckState.UNSEEN: ("", "dots"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRow:
    """A check as the page shows it."""

    line: ChecklistLine
    tone: str
    icon: str
    links: list[tuple[str, str]]  # address and text


@signed_in
def qa(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """Show the checklist and the test workspaces."""
    access = partner_to_see(request, slug)
    stream = stream_of(access, stream_slug)
    tests = _test_rows(stream)
    connected = {row.workspace.external_id for row in tests if row.connection}
    context = {
        "rows": tests,
        "is_prepared": connected >= WANTED.keys(),
        "lookups": lookups_of([row.feed.pk for row in tests if row.feed], now()),
        "most": MAX_TEST_WORKSPACES,
        **_checklist(access, stream),
    }
    return render(request, "portal/launch/qa.html", context)


@signed_in
def qa_report(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """Show all results on one page, for printing."""
    access = partner_to_see(request, slug)
    stream = stream_of(access, stream_slug)
    docs = [(kind.label, address_of(kind, stream.slug)) for kind in PageKind]
    context = {
        "rows": _test_rows(stream),
        "version": stream.plan_versions.published().first(),
        "docs": [(label, request.build_absolute_uri(page)) for label, page in docs],
        "now": now(),
        **_checklist(access, stream),
    }
    return render(request, "portal/launch/qa_report.html", context)


@signed_in
def qa_fresh(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """Render the checklist alone, for its periodic refresh."""
    access = partner_to_see(request, slug)
    context = _checklist(access, stream_of(access, stream_slug))
    return render(request, "portal/launch/_qa_checklist.html", context)


@signed_in
@require_POST
def qa_workspaces(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """Create the test workspaces that don't exist yet."""
    access = partner_to_develop(request, slug)
    stream = stream_of(access, stream_slug)
    try:
        prepare(stream=stream, actor=request.user)
    except (TooManyTestWorkspaces, ExternalIdTaken) as error:
        messages.error(request, str(error))
    else:
        ready = _(
            "The test workspaces are ready. Send events to the IDs in their list."
        )
        messages.success(request, ready)
    page = within(access, "partner-stream-qa", stream_slug)
    return redirect(f"{page}#test-workspaces")


@signed_in
@require_POST
def qa_run(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """Send the planned events and the test sequence for each test workspace."""
    access = partner_to_develop(request, slug)
    stream = stream_of(access, stream_slug)
    host = addresses(request).ingest
    try:
        run = run_test(stream=stream, ingest_url=host, actor=request.user, now=now())
    except (CannotRun, EventsRefused) as error:
        messages.error(request, str(error))
    else:
        sent = ngettext(
            "QA test started: %(events)s event sent.",
            "QA test started: %(events)s events sent.",
            run.events,
        )
        messages.success(request, sent % {"events": f"{run.events:,}"})
    return redirect(within(access, "partner-stream-qa", stream_slug))


def _test_rows(stream: Stream) -> list[FeedSummary]:
    tests = {feed.pk: feed for feed in test_feeds(stream)}
    summaries = rows([feed.workspace for feed in tests.values()], now())
    # A test workspace may have a feed in another stream too.
    return [row for row in summaries if row.feed and row.feed.pk in tests]


def pace(checklist: Checklist, started_at: datetime | None, now: datetime) -> str:
    """Return the refresh interval in htmx's notation; empty if nothing can change."""
    if checklist.complete:
        return ""
    return OFTEN if started_at and now - started_at < UNDER_WAY else SELDOM


def _checklist(access: PartnerAccess, stream: Stream) -> dict[str, object]:
    run = last_run(stream)
    evaluated = checklist(stream, run)
    launch = launched_at(stream) if stream.stage == Stage.LIVE else None
    return {
        "launched_at": launch,
        # The launch checklist says that QA is done: a count here would contradict it.
        "is_counted": launch is None or (run is not None and run.started_at >= launch),
        "pace": pace(evaluated, run.started_at if run else None, now()),
        "run": run,
        "can_run": test_feeds(stream).exists(),
        "access": access,
        "stream": stream,
        "checklist": evaluated,
        "lines": [_row(line, access, stream) for line in evaluated.lines],
    }


def _row(line: ChecklistLine, access: PartnerAccess, stream: Stream) -> CheckRow:
    tone, icon = TONES[line.state]
    links = [_link(proof, access, stream) for proof in line.evidence]
    return CheckRow(line=line, tone=tone, icon=f"portal/icons/{icon}.svg", links=links)


def _link(proof: Proof, access: PartnerAccess, stream: Stream) -> tuple[str, str]:
    if isinstance(proof, ObservedPage):
        page = within(access, "partner-stream-docs-page", stream.slug, proof.kind)
        return page, str(proof.label)
    args: tuple[int, ...]
    match proof:
        case ObservedEvent():
            name, args, text = "event", (proof.seq,), f"{proof.title} #{proof.seq}"
        case ObservedRequest():
            name, args = "delivery", (proof.number,)
            text = _("Request %(number)s") % {"number": proof.number}
        case ObservedError():
            name, args, text = "issues", (), f"{proof.rule} {proof.name}"
    address = reverse(
        f"portal:{name}", args=(proof.workspace, *args), query={"stream": stream.slug}
    )
    return address, text
