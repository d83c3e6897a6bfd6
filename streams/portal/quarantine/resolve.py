"""Resolve events in quarantine: preview, then release, rename or discard; or stop that."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from streams.base.clock import now
from streams.delivery.quarantine_decisions import (
    MOST_IDS,
    CannotRename,
    CountChanged,
    NothingQuarantined,
    decide,
    stop,
)
from streams.delivery.quarantine_jobs import TIME_TO_UNDO
from streams.events.models import QuarantineJob
from streams.events.quarantine import QuarantineFilter, counts
from streams.events.quarantine_search import last_id_of, page
from streams.portal.quarantine.forms import (
    DecisionForm,
    QuarantineSearchForm,
    action_in,
    available_actions,
    button_label,
)
from streams.portal.quarantine.scope import QuarantineScope, of_stream, of_workspace
from streams.portal.shared.access import (
    PortalRequest,
    partner_to_develop,
    signed_in,
    stream_of,
    workspace_to_edit,
)
from streams.portal.shared.form_choices import is_number, number_in
from streams.portal.workspace.json_text import highlighted
from streams.spec.identity_rules import UNRESOLVED
from streams.spec.names.collisions import right_name

if TYPE_CHECKING:
    from django.http import QueryDict

    from streams.events.models import QuarantinedEvent

Action = QuarantineJob.Action
MOST_COUNTED = 100_000  # events of a workspace that are searched for what matches


@signed_in
def workspace_decide(request: PortalRequest, public_id: str) -> HttpResponse:
    """Resolve events of a workspace."""
    return _decide(request, of_workspace(workspace_to_edit(request, public_id)))


@signed_in
def stream_decide(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """Resolve events of a stream, in all of its workspaces or in one."""
    access = partner_to_develop(request, slug)
    stream = stream_of(access, stream_slug)
    return _decide(request, of_stream(request, access, stream))


@signed_in
@require_POST
def workspace_stop(request: PortalRequest, public_id: str) -> HttpResponse:
    """Stop an action on events of a workspace."""
    return _stop(request, of_workspace(workspace_to_edit(request, public_id)))


@signed_in
@require_POST
def stream_stop(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """Stop an action on events of a stream."""
    access = partner_to_develop(request, slug)
    stream = stream_of(access, stream_slug)
    return _stop(request, of_stream(request, access, stream))


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The events that a page's query selects."""

    held: QuarantineFilter  # up to the last event that was counted
    count: int
    sample: QuarantinedEvent
    is_searched: bool  # older events may match, too, because no index finds them
    is_bounded: bool  # to the oldest events, because counting all would take long


def _selection(
    scope: QuarantineScope, query: QueryDict, last_id: int | None
) -> Selection | None:
    """Return what the query selects, up to `last_id`; None: nothing."""
    feed = scope.feed
    form = QuarantineSearchForm(query)
    if not form.is_valid() or (feed is None and form.needs_workspace):
        return None  # fewer filters would select other events
    held = form.filter(feed, now())
    if last_id is not None and (held.last_id is None or last_id < held.last_id):
        held = replace(held, last_id=last_id)
    is_searched, is_bounded = False, False
    if chosen := query.getlist("id"):
        ids = [int(pk) for pk in chosen[:MOST_IDS] if is_number(pk)]
        held = _named(scope, QuarantineFilter(ids=ids, last_id=last_id))
    elif feed and not held.is_indexed:
        found = page(feed.pk, held, limit=MOST_IDS)
        is_searched = found.next_before is not None
        ids = [event.pk for event in reversed(found.events)]
        held = _named(scope, QuarantineFilter(ids=ids, last_id=last_id))
    elif feed and not held.is_everything and feed.quarantined > MOST_COUNTED:
        bound = last_id_of(feed.pk, MOST_COUNTED)
        is_bounded = bound is not None and (held.last_id or bound) >= bound
        held = replace(held, last_id=bound) if is_bounded else held
    counted = counts(scope.ids, held)
    sample = held.of(scope.ids).order_by("pk").first()
    if sample is None or not counted:
        return None
    last = max(one.last_id for one in counted)
    return Selection(
        held=held if held.last_id is not None else replace(held, last_id=last),
        count=sum(one.events for one in counted),
        sample=sample,
        is_searched=is_searched,
        is_bounded=is_bounded,
    )


def _named(scope: QuarantineScope, held: QuarantineFilter) -> QuarantineFilter:
    """Add the rule and the name, if all of these events have the same."""
    kinds = set(held.of(scope.ids).values_list("rule", "name"))
    rules, names = {rule for rule, _ in kinds}, {name for _, name in kinds}
    return replace(
        held,
        rule=rules.pop() if len(rules) == 1 else "",
        name=names.pop() if len(names) == 1 else "",
    )


def _decide(request: PortalRequest, scope: QuarantineScope) -> HttpResponse:
    """Show how many events are affected, or start the action on POST."""
    if "selected" in request.GET and "id" not in request.GET:
        messages.info(request, _("Select at least one event."))
        return redirect(scope.home)
    seen = number_in(request.POST, "last_id")
    chosen = _selection(scope, request.GET, seen)
    if chosen is None:
        messages.info(request, _("These events are no longer in quarantine."))
        return redirect(scope.home)
    better = right_name(chosen.held.name, scope.stream.spec_exceptions) or ""
    waits = chosen.held.rule == UNRESOLVED.id
    actions = available_actions(can_rename=bool(chosen.held.name) and not waits)
    action = action_in(request.POST or request.GET, actions, is_wrong=bool(better))
    if action == Action.RENAME:
        chosen = _tracks_only(scope, chosen)
    initial = {"last_id": chosen.held.last_id, "new_name": better}
    form = DecisionForm(
        request.POST or None, action=action, rule=chosen.held.rule, initial=initial
    )
    if form.is_valid() and _carry_out(request, scope, chosen.held, form):
        return redirect(scope.home)
    context = {
        "scope": scope,
        "access": scope.access,
        "stream": scope.stream,
        "chosen": chosen,
        "held": chosen.held,
        "count": chosen.count,
        "form": form,
        "actions": [(one.label, one.value, one == action) for one in actions],
        "button": button_label(action, chosen.count),
        "is_discard": action == Action.DISCARD,
        "pretty": highlighted(bytes(chosen.sample.payload)),
    }
    return render(request, "portal/quarantine/resolve.html", context)


def _tracks_only(scope: QuarantineScope, chosen: Selection) -> Selection:
    """Leave out other calls with the same name: a rename doesn't change them."""
    held = replace(chosen.held, type="track")
    return replace(
        chosen, held=held, count=sum(one.events for one in counts(scope.ids, held))
    )


def _carry_out(
    request: PortalRequest,
    scope: QuarantineScope,
    held: QuarantineFilter,
    form: DecisionForm,
) -> bool:
    action = Action(form.cleaned_data["action"])
    try:
        decide(
            feeds=scope.feeds,
            held=held,
            action=action,
            new_name=form.cleaned_data.get("new_name", ""),
            counted=form.cleaned_data["counted"],
            actor=request.user,
        )
    except (CannotRename, CountChanged, NothingQuarantined) as error:
        form.add_error(None, str(error))
        return False
    if action == Action.DISCARD:
        text = _(
            "The events are deleted in %(seconds)s seconds. You can undo this until then."
        ) % {"seconds": TIME_TO_UNDO.seconds}
    else:
        text = _("In progress. See “Recent actions” for the result.")
    messages.success(request, text)
    return True


def _stop(request: PortalRequest, scope: QuarantineScope) -> HttpResponse:
    """End the rest of an action, and say how many events it leaves in quarantine."""
    left = stop(
        order=request.POST.get("order", "")[:12], feeds=scope.feeds, actor=request.user
    )
    text = ngettext(
        "Stopped. %(count)s event stays in quarantine.",
        "Stopped. %(count)s events stay in quarantine.",
        left,
    )
    if left:
        messages.success(request, text % {"count": f"{left:,}"})
    else:
        messages.info(request, _("This action has already ended."))
    return redirect(scope.home)
