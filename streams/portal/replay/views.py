"""Replays: preview, start, follow, and cancel them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from streams.base.clock import iso_ms, now
from streams.delivery.limits.send_policy import SendPolicy
from streams.delivery.models import Cursor
from streams.delivery.replay import services as service
from streams.delivery.replay.filter import ReplaySelection
from streams.delivery.replay.models import Replay
from streams.delivery.replay.services import CannotCancel, CannotReplay, NothingToReplay
from streams.events import queries
from streams.portal.connection.views import current_connection
from streams.portal.replay.forms import ReplayForm
from streams.portal.shared.access import (
    PortalRequest,
    WorkspaceAccess,
    signed_in,
    workspace_to_edit,
    workspace_to_see,
)
from streams.portal.shared.form_choices import number_in
from streams.portal.shared.navigation_tags import to
from streams.portal.usage.added_people import BillEffect, bill_effect
from streams.tracked_users.previews import added_by_replay

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.connections.models import Connection
    from streams.events.models import Event

SHOWN = 50
# Fields of the form that the preview replaces with exact event numbers. It keeps the times,
# too, so that the replay shows them.
RANGE = ("first", "last")


@signed_in
def replays(request: PortalRequest, public_id: str) -> HttpResponse:
    """List the replays of a feed, newest first."""
    access = workspace_to_see(request, public_id)
    replays = service.replays_of(access.the_feed)
    before = number_in(request.GET, "before")
    if before is not None:
        replays = replays.filter(pk__lt=before)
    shown = list(replays[: SHOWN + 1])
    context = {
        "access": access,
        "connection": access.connection(),
        "replays": shown[:SHOWN],
        "blocked": _blocked(access, shown[:SHOWN]),
        "is_first": before is None,
        "next_before": shown[SHOWN - 1].pk if len(shown) > SHOWN else None,
    }
    return render(request, "portal/replay/replays.html", context)


@signed_in
def replay_new(request: PortalRequest, public_id: str) -> HttpResponse:
    """Show the form; with `count`, preview the replay; on POST, start it."""
    access = workspace_to_edit(request, public_id)
    connection = current_connection(access)
    data = request.POST or request.GET
    if request.method != "POST" and "count" not in data:
        initial = {**data.dict(), "seqs": data.getlist("seqs")}
        return _form(request, access, connection, ReplayForm(initial=initial))
    form = ReplayForm(data)
    if form.is_valid():
        try:
            if request.method == "POST":
                return _start(request, access, connection, form)
            return _preview(request, access, connection, form)
        except NothingToReplay as error:
            form.add_error(None, str(error))
    return _form(request, access, connection, form)


@signed_in
def replay(request: PortalRequest, public_id: str, replay_id: str) -> HttpResponse:
    """Show one replay and its progress."""
    access = workspace_to_see(request, public_id)
    context = _progress(access, _found(access, replay_id))
    return render(request, "portal/replay/replay.html", context)


@signed_in
def replay_fresh(
    request: PortalRequest, public_id: str, replay_id: str
) -> HttpResponse:
    """Render the part of the replay page that refreshes itself."""
    access = workspace_to_see(request, public_id)
    context = _progress(access, _found(access, replay_id))
    return render(request, "portal/replay/_replay.html", context)


@signed_in
@require_POST
def replay_cancel(
    request: PortalRequest, public_id: str, replay_id: str
) -> HttpResponse:
    access = workspace_to_edit(request, public_id)
    try:
        service.cancel_replay(replay=_found(access, replay_id), actor=request.user)
    except CannotCancel as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request, _("Replay canceled. Events sent before then stay in Segment.")
        )
    return redirect(to(access, "replay", replay_id))


def _found(access: WorkspaceAccess, replay_id: str) -> Replay:
    return get_object_or_404(service.replays_of(access.the_feed), public_id=replay_id)


def _progress(access: WorkspaceAccess, replay: Replay) -> dict[str, object]:
    cursor = replay.cursor
    done, size = cursor.position - cursor.start, (cursor.end_seq or 0) - cursor.start
    return {
        "access": access,
        "replay": replay,
        "cursor": cursor,
        "first": cursor.start + 1,
        "done": done,
        "size": size,
        "left": size - done,
        "percent": done * 100 // size,
        "blocked": _blocked(access, [replay]),
        "attempts": to(access, "attempts", **_attempts_of(replay)),
    }


def _attempts_of(replay: Replay) -> dict[str, str]:
    """Return the filter of the attempts during a replay, to the second."""
    cursor = replay.cursor
    since = {"since": iso_ms(replay.requested_at)}
    ended = cursor.ended_at and cursor.ended_at + timedelta(seconds=1)
    until = {"until": iso_ms(ended)} if ended else {}
    return {"connection": cursor.connection.public_id, **since, **until}


def _blocked(access: WorkspaceAccess, replays: Iterable[Replay]) -> dict[int, str]:
    """Return why running replays send nothing: a halt or the stage of the stream."""
    running = [
        replay.cursor for replay in replays if replay.state == Replay.State.RUNNING
    ]
    if not running:
        return {}
    policy, stream = SendPolicy.load(), access.the_feed.stream
    blocks = {
        cursor.pk: policy.block(
            cursor.connection, stream=stream, workspace=access.workspace
        )
        for cursor in running
    }
    return {pk: block.message for pk, block in blocks.items() if block}


def _form(
    request: PortalRequest,
    access: WorkspaceAccess,
    connection: Connection,
    form: ReplayForm,
) -> HttpResponse:
    available, nothing = None, ""
    try:
        available = service.select(connection, ReplaySelection())
    except NothingToReplay as error:
        nothing = str(error)
    context = {
        "access": access,
        "form": form,
        "available": available,
        "nothing": nothing,
        "live": connection.cursors.get(kind=Cursor.Kind.LIVE),
    }
    return render(request, "portal/replay/new.html", context)


def _preview(
    request: PortalRequest,
    access: WorkspaceAccess,
    connection: Connection,
    form: ReplayForm,
) -> HttpResponse:
    """Raises NothingToReplay."""
    wanted = form.selection()
    stretch = service.select(connection, wanted)
    first, last = _event(access, stretch.first), _event(access, stretch.end)
    went_elsewhere = first.received_at < connection.destination_since
    context = {
        "access": access,
        "connection": connection,
        "form": form,
        "went_elsewhere": went_elsewhere,
        "change": f"?{_without_count(request)}",
        "kept_fields": [field for field in form if field.name not in RANGE],
        "filter": wanted.filter,
        "stretch": stretch,
        "count": service.count(connection, stretch, wanted.filter),
        "first": first,
        "last": last,
        "effect": _bill_effect(access, first, last)
        if form.new_ids or went_elsewhere
        else None,
        "running": service.left_to_replay(connection),
    }
    return render(request, "portal/replay/preview.html", context)


def _bill_effect(access: WorkspaceAccess, first: Event, last: Event) -> BillEffect:
    added = added_by_replay(
        access.the_feed.pk,
        [feed.pk for feed in access.feeds],
        since=first.received_at,
        until=last.received_at,
        now=now(),
    )
    return bill_effect(added)


def _without_count(request: PortalRequest) -> str:
    """Return the query that shows the form with the same values."""
    query = request.GET.copy()
    query.pop("count", None)
    return query.urlencode()


def _event(access: WorkspaceAccess, seq: int) -> Event:
    event = queries.event(access.the_feed, seq)
    if event is None:  # it has just been deleted
        raise Http404
    return event


def _start(
    request: PortalRequest,
    access: WorkspaceAccess,
    connection: Connection,
    form: ReplayForm,
) -> HttpResponse:
    """Raises NothingToReplay."""
    try:
        replay, _created = service.start_replay(
            connection=connection,
            wanted=form.selection(),
            new_ids=form.new_ids,
            actor=request.user,
        )
    except CannotReplay as error:
        messages.error(request, str(error))
        return redirect(to(access, "replays"))
    return redirect(to(access, "replay", replay.public_id))
