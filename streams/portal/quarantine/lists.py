"""Events in quarantine, for a workspace or a stream: search, list, and open them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from streams.base.clock import now
from streams.catalog.validation.event_validator import RuleCache
from streams.events import quarantine, quarantine_search
from streams.events.models import QuarantinedEvent
from streams.events.quarantine_search import QuarantinePage
from streams.portal.quarantine.advice import advice
from streams.portal.quarantine.forms import (
    QuarantineSearchForm,
    WorkspaceModeForm,
    can_be_renamed,
)
from streams.portal.quarantine.orders import recent_orders
from streams.portal.quarantine.scope import QuarantineScope, of_stream, of_workspace
from streams.portal.shared.access import (
    PortalRequest,
    WorkspaceAccess,
    partner_to_see,
    signed_in,
    stream_of,
    workspace_to_edit,
    workspace_to_see,
)
from streams.portal.shared.form_choices import number_in
from streams.portal.shared.navigation_tags import to
from streams.portal.shared.plan_links import PlanLinks
from streams.portal.shared.saved_filters import saved_bar
from streams.portal.workspace.annotated_json import annotated_lines, plain_lines
from streams.portal.workspace.json_text import Stamps, stamps
from streams.publishing.page_data import profile_of
from streams.spec.identity_rules import UNRESOLVED
from streams.spec.validation_modes import ValidationMode
from streams.tenancy.services import set_check_mode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streams.events.models import Feed
    from streams.events.quarantine import QuarantineGroup
    from streams.spec.issues import Issue

MOST_KINDS = 100  # shown at once
MOST_WORKSPACES = 100


@signed_in
def workspace_quarantine(request: PortalRequest, public_id: str) -> HttpResponse:
    """Show what is in the quarantine of a workspace, and a list of its events."""
    access = workspace_to_see(request, public_id)
    form = WorkspaceModeForm(initial={"check_mode": access.workspace.check_mode})
    return _list(request, of_workspace(access), mode_form=form)


@signed_in
@require_POST
def workspace_mode(request: PortalRequest, public_id: str) -> HttpResponse:
    """Set the validation mode of a workspace."""
    access = workspace_to_edit(request, public_id)
    form = WorkspaceModeForm(request.POST)
    if form.is_valid():
        set_check_mode(
            workspace=access.workspace, actor=request.user, **form.cleaned_data
        )
        messages.success(
            request, _("Saved. The validation mode takes effect within seconds.")
        )
    return redirect(to(access, "quarantine"))


@signed_in
def stream_quarantine(
    request: PortalRequest, slug: str, stream_slug: str
) -> HttpResponse:
    """Show what is in quarantine by workspace, or the events of the chosen workspace."""
    access = partner_to_see(request, slug)
    stream = stream_of(access, stream_slug)
    return _list(request, of_stream(request, access, stream))


@signed_in
def workspace_event(request: PortalRequest, public_id: str, pk: int) -> HttpResponse:
    """Show one event in quarantine."""
    return _event(request, of_workspace(workspace_to_see(request, public_id)), pk)


@signed_in
def stream_event(
    request: PortalRequest, slug: str, stream_slug: str, pk: int
) -> HttpResponse:
    """Show one event in quarantine of any workspace of the stream."""
    access = partner_to_see(request, slug)
    stream = stream_of(access, stream_slug)
    return _event(request, of_stream(request, access, stream), pk)


def _list(
    request: PortalRequest, scope: QuarantineScope, **more: object
) -> HttpResponse:
    form = QuarantineSearchForm(request.GET)
    kinds = quarantine.kinds(scope.ids)
    if scope.feed is None:
        kinds = [kind for kind in kinds if _matches(kind, form)]
    shown = kinds[:MOST_KINDS]
    oldest = quarantine.oldest(scope.ids)
    orders = recent_orders(scope)
    context = {
        "scope": scope,
        "access": scope.access,
        "stream": scope.stream,
        "kinds": [_with_links(scope, kind) for kind in shown],
        "more_kinds": len(kinds) - len(shown),
        "counts_are_partial": scope.total > quarantine.MOST_COUNTED,
        "kept_until": oldest and scope.stream.retention.kept_until(oldest),
        "form": form,
        "workspaces": _fullest(scope, form),
        "decide_everything": scope.url("quarantine-decide", **_of_all(form)),
        "stop": scope.url("quarantine-stop"),
        "orders": orders,
        "running": any(order["running"] for order in orders),
        **more,
    }
    if scope.feed is not None:
        context |= _rows(request, scope, scope.feed, shown)
    return render(request, "portal/quarantine/quarantine.html", context)


def _with_links(
    scope: QuarantineScope, kind: QuarantineGroup
) -> tuple[QuarantineGroup, str, str]:
    """Add the URLs of the list of these events, if there is one, and of the decision."""
    query = {"rule": kind.rule, "name": kind.name}
    listed = scope.url("quarantine", **query) + "#list" if scope.feed else ""
    return kind, listed, scope.url("quarantine-decide", **query)


def _rows(
    request: PortalRequest,
    scope: QuarantineScope,
    feed: Feed,
    kinds: Sequence[QuarantineGroup],
) -> dict[str, object]:
    """Return the page of the list that the query asks for."""
    known = {
        "name": [kind.name for kind in kinds],
        "rule": [kind.rule for kind in kinds],
    }
    form = QuarantineSearchForm(request.GET, suggestions=known)
    before = number_in(request.GET, "before")
    page = QuarantinePage(events=[], next_before=None)
    if form.is_valid():
        page = quarantine_search.page(feed.pk, form.filter(feed, now()), before=before)
    saved = None
    if isinstance(scope.access, WorkspaceAccess):
        saved = saved_bar(request, scope.access, "quarantine", form)
    is_all = before is None and page.next_before is None
    unfiltered = None if form.is_filtered else feed.quarantined
    decide = scope.url("quarantine-decide").partition("?")[0]
    return {
        "form": form,
        "saved": saved,
        "rows": [_row(scope, event) for event in page.events],
        "next_before": page.next_before,
        "is_first": before is None,
        "older": form.query(before=page.next_before),
        "decide_path": decide,
        "decide_all": decide + form.query(),
        # None: counting the matches would take long. The next page does it.
        "matching": len(page.events) if is_all else unfiltered,
    }


def _row(
    scope: QuarantineScope, event: QuarantinedEvent
) -> tuple[QuarantinedEvent, str, str, bool]:
    """Add the URLs of the event's page and of the decision, and whether it can be renamed."""
    page = scope.url("quarantined-event", event.pk)
    can_rename = can_be_renamed(type_=event.type, rule=event.rule)
    return event, page, scope.url("quarantine-decide", id=event.pk), can_rename


def _of_all(form: QuarantineSearchForm) -> dict[str, str]:
    """Return the filters that work across workspaces."""
    return {name: form.values[name] for name in form.of_all if name in form.values}


def _matches(kind: QuarantineGroup, form: QuarantineSearchForm) -> bool:
    wanted = {"rule": kind.rule, "name": kind.name} | _of_all(form)
    return (kind.rule, kind.name) == (wanted["rule"], wanted["name"])


def _fullest(
    scope: QuarantineScope, form: QuarantineSearchForm
) -> list[tuple[Feed, int, str]]:
    """Return the feeds with the most events, and the URL of each list with the filters.

    Counts the events that match those filters that work across workspaces.
    """
    if scope.workspace is not None:
        return []
    wanted = form.filter(None, now())
    counts = {one.feed_id: one.events for one in quarantine.counts(scope.ids, wanted)}
    feeds = [feed for feed in scope.feeds if counts.get(feed.pk)]
    feeds = sorted(feeds, key=lambda feed: -counts[feed.pk])[:MOST_WORKSPACES]
    page = scope.url("quarantine")
    return [
        (feed, counts[feed.pk], page + form.query(workspace=feed.workspace.public_id))
        for feed in feeds
    ]


def _event(request: PortalRequest, scope: QuarantineScope, pk: int) -> HttpResponse:
    stored = QuarantinedEvent.objects.filter(feed__in=scope.ids, pk=pk).first()
    if stored is None:
        raise Http404
    payload = bytes(stored.payload)
    feed = next(feed for feed in scope.feeds if feed.pk == stored.feed_id)
    try:
        added = stamps(payload)
        lines = annotated_lines(payload, _issues(feed, payload))
    except msgspec.DecodeError:  # an action on it fails, but it can be discarded
        added, lines = Stamps(), plain_lines(payload)
    context = {
        "scope": scope,
        "access": scope.access,
        "stream": scope.stream,
        "event": stored,
        "advice": advice(scope, stored),
        "is_unresolved": stored.rule == UNRESOLVED.id,
        "can_rename": can_be_renamed(type_=stored.type, rule=stored.rule),
        "plan_links": PlanLinks.load(scope.access, scope.stream),
        "planned_name": stored.name or stored.type,
        "support_email": profile_of(scope.stream).support_email,
        "workspace": feed.workspace,
        "decide": scope.url("quarantine-decide", id=pk),
        "kept_until": scope.stream.retention.kept_until(stored.received_at),
        "stamps": added,
        "lines": lines,
    }
    return render(request, "portal/quarantine/event.html", context)


def _issues(feed: Feed, payload: bytes) -> list[Issue]:
    """Return the event's issues by the rules of the stream as they are now."""
    rules = RuleCache().of([feed.stream_id])[feed.stream_id]
    validator = rules.checks(ValidationMode.QUARANTINE)
    return (
        validator.issues(msgspec.json.decode(payload), now=now()) if validator else []
    )
