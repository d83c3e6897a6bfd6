"""Events in quarantine, for a workspace or a stream: list and resolve them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.db.models import Max, Min, Sum
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from streams.delivery.quarantine_decisions import (
    CannotRename,
    NothingQuarantined,
    decide,
)
from streams.events import quarantine
from streams.events.models import Feed, QuarantineJob
from streams.events.quarantine import QuarantineFilter
from streams.portal.quarantine.forms import DecisionForm, WorkspaceModeForm
from streams.portal.shared.access import (
    PartnerAccess,
    PortalRequest,
    WorkspaceAccess,
    partner_to_develop,
    partner_to_see,
    signed_in,
    stream_of,
    workspace_to_edit,
    workspace_to_see,
)
from streams.portal.shared.navigation_tags import to, within
from streams.portal.workspace.json_text import highlighted
from streams.spec.names.collisions import right_name
from streams.tenancy.services import set_check_mode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streams.catalog.models import Stream

MOST_KINDS = 100  # shown at once
MOST_ORDERS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineScope:
    """The feeds that a page covers, its URLs, and whether the user may resolve events."""

    access: WorkspaceAccess | PartnerAccess
    stream: Stream
    feeds: Sequence[Feed]
    layout: str
    home: str
    decide: str  # a URL
    may_decide: bool

    @property
    def ids(self) -> list[int]:
        return [feed.pk for feed in self.feeds]


@signed_in
def workspace_quarantine(request: PortalRequest, public_id: str) -> HttpResponse:
    access = workspace_to_see(request, public_id)
    form = WorkspaceModeForm(initial={"check_mode": access.workspace.check_mode})
    return _list(request, _of_workspace(access), mode_form=form)


@signed_in
def workspace_decide(request: PortalRequest, public_id: str) -> HttpResponse:
    return _decide(request, _of_workspace(workspace_to_edit(request, public_id)))


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
    access = partner_to_see(request, slug)
    return _list(request, _of_stream(access, stream_of(access, stream_slug)))


@signed_in
def stream_decide(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    access = partner_to_develop(request, slug)
    return _decide(request, _of_stream(access, stream_of(access, stream_slug)))


def _of_workspace(access: WorkspaceAccess) -> QuarantineScope:
    return QuarantineScope(
        access=access,
        stream=access.the_feed.stream,
        feeds=[access.the_feed],
        layout="portal/layouts/workspace.html",
        home=to(access, "quarantine"),
        decide=to(access, "quarantine-decide"),
        may_decide=access.can_edit,
    )


def _of_stream(access: PartnerAccess, stream: Stream) -> QuarantineScope:
    ids = quarantine.feeds_with_some(stream.pk)
    return QuarantineScope(
        access=access,
        stream=stream,
        feeds=list(Feed.objects.filter(pk__in=ids).select_related("workspace")),
        layout="portal/layouts/partner.html",
        home=within(access, "partner-stream-quarantine", stream.slug),
        decide=within(access, "partner-stream-quarantine-decide", stream.slug),
        may_decide=access.can_develop,
    )


def _list(
    request: PortalRequest, scope: QuarantineScope, **more: object
) -> HttpResponse:
    kinds = quarantine.kinds(scope.ids, QuarantineFilter())
    oldest = quarantine.oldest(scope.ids)
    orders = _orders(scope)
    context = {
        "scope": scope,
        "access": scope.access,
        "stream": scope.stream,
        "kinds": kinds[:MOST_KINDS],
        "more_kinds": len(kinds) - len(kinds[:MOST_KINDS]),
        "events": sum(kind.events for kind in kinds),
        "kept_until": oldest and scope.stream.retention.kept_until(oldest),
        "orders": orders,
        "running": any(order["running"] for order in orders),
        **more,
    }
    return render(request, "portal/quarantine/quarantine.html", context)


def _decide(request: PortalRequest, scope: QuarantineScope) -> HttpResponse:
    """Show how many events are affected, or start the action on POST."""
    held = QuarantineFilter(
        rule=request.GET.get("rule", "")[:40], name=request.GET.get("name", "")[:200]
    )
    counted = quarantine.counts(scope.ids, held)
    sample = held.of(scope.ids).order_by("pk").first()
    if sample is None:
        messages.info(request, _("These events are no longer in quarantine."))
        return redirect(scope.home)
    last_id = max((last for _, _, last in counted), default=sample.pk)
    form = DecisionForm(
        request.POST or None,
        can_rename=bool(held.name),
        initial={
            "last_id": last_id,
            "new_name": right_name(held.name, scope.stream.spec_exceptions) or "",
        },
    )
    if form.is_valid() and _carry_out(request, scope, held, form):
        return redirect(scope.home)
    context = {
        "scope": scope,
        "access": scope.access,
        "stream": scope.stream,
        "held": held,
        "count": sum(events for _, events, _ in counted),
        "form": form,
        "sample": sample,
        "pretty": highlighted(bytes(sample.payload)),
    }
    return render(request, "portal/quarantine/resolve.html", context)


def _carry_out(
    request: PortalRequest,
    scope: QuarantineScope,
    held: QuarantineFilter,
    form: DecisionForm,
) -> bool:
    try:
        decide(
            feeds=scope.feeds,
            held=held,
            action=QuarantineJob.Action(form.cleaned_data["action"]),
            new_name=form.cleaned_data["new_name"],
            last_id=form.cleaned_data["last_id"],
            actor=request.user,
        )
    except (CannotRename, NothingQuarantined) as error:
        form.add_error(None, str(error))
        return False
    messages.success(request, _("In progress. See “Recent actions” for the result."))
    return True


def _orders(scope: QuarantineScope) -> list[dict[str, object]]:
    """The latest actions, added up over the feeds that they cover."""
    jobs = QuarantineJob.objects.filter(feed__stream=scope.stream)
    if isinstance(scope.access, WorkspaceAccess):
        jobs = jobs.filter(feed__in=scope.ids)
    newest = (
        jobs.values("order", "action", "rule", "name", "new_name")
        .annotate(
            at=Min("requested_at"),
            by=Min("requested_by__email"),
            counted=Sum("events"),
            sent=Sum("released"),
            gone=Sum("discarded"),
            stay=Sum("kept"),
            last=Max("pk"),
        )
        .order_by("-last")[:MOST_ORDERS]
    )
    orders = list(newest)
    names = [order["order"] for order in orders]
    to_do = QuarantineJob.objects.filter(order__in=names, ended_at=None)
    running = set(to_do.values_list("order", flat=True))
    return [order | {"running": order["order"] in running} for order in orders]
