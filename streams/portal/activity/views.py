"""Pages and files of activity logs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from streams.audit import search
from streams.audit.models import AuditEntry
from streams.audit.services import record
from streams.base.clock import now
from streams.exports import activity_file
from streams.exports.models import Export
from streams.portal.activity.forms import form_of
from streams.portal.shared.access import (
    PortalRequest,
    partner_to_administer,
    partner_to_see,
    signed_in,
    workspace_to_administer,
)
from streams.portal.shared.activity_rows import ActivityRow, activity_row
from streams.tenancy.members import columns_of

if TYPE_CHECKING:
    from django.db.models import Q
    from django_stubs_ext import StrOrPromise

    from streams.audit.search import ActivityPage
    from streams.exports.formats import Row
    from streams.tenancy.members import Place

SHOWN = 50
LABELS: Mapping[str, StrOrPromise] = {
    Export.Format.CSV: _("Export CSV"),
    Export.Format.JSON_LINES: _("Export JSON Lines"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """A place's log, as a member sees it."""

    place: Place
    team: dict[int, str]  # the members' emails by ID
    # Whether addresses, devices and sign-ins are shown: those of the own team, to its admins.
    is_whole: bool

    def find(self, condition: Q, before: int | None, limit: int) -> ActivityPage:
        """Return a page of the entries that match."""
        changes = AuditEntry.objects.filter(**columns_of(self.place))
        found: list[search.Entries] = [changes]
        if self.is_whole:
            found.append(search.sign_ins(self.place))
        return search.page(found, condition, before=before, limit=limit)

    def file_rows(self, condition: Q) -> Iterator[list[Row]]:
        """Yield all matching entries as rows of a file, newest first."""
        before = None
        while True:
            page = self.find(condition, before, activity_file.PAGE_ROWS)
            yield [
                activity_file.row(
                    shown.entry, person=shown.who, has_origin=bool(shown.address)
                )
                for shown in self.rows(page)
            ]
            before = page.next_before
            if before is None:
                return

    def rows(self, page: ActivityPage) -> list[ActivityRow]:
        """Return the rows of a page."""
        return [
            activity_row(entry, self.team, has_origin=self.is_whole)
            for entry in page.entries
        ]


@signed_in
def workspace_activity(request: PortalRequest, public_id: str) -> HttpResponse:
    """Show the log of a workspace to its admins."""
    access = workspace_to_administer(request, public_id)
    log = _log(access.workspace, is_whole=True)
    context = {"access": access, **_page(request, log)}
    return render(request, "portal/activity/workspace.html", context)


@signed_in
def workspace_activity_file(
    request: PortalRequest, public_id: str, form: str
) -> StreamingHttpResponse:
    """Download the log of a workspace."""
    access = workspace_to_administer(request, public_id)
    return _file(request, _log(access.workspace, is_whole=True), form)


@signed_in
def partner_activity(request: PortalRequest, slug: str) -> HttpResponse:
    """Show the log of a partner, its streams and its workspaces; sign-ins to admins only."""
    access = partner_to_see(request, slug)
    log = _log(access.partner, is_whole=access.can_administer)
    context = {"access": access, **_page(request, log)}
    return render(request, "portal/activity/partner.html", context)


@signed_in
def partner_activity_file(
    request: PortalRequest, slug: str, form: str
) -> StreamingHttpResponse:
    """Download the log of a partner."""
    access = partner_to_administer(request, slug)
    return _file(request, _log(access.partner, is_whole=True), form)


def _log(place: Place, *, is_whole: bool) -> Log:
    team = dict(place.members.values_list("pk", "email"))
    return Log(place=place, team=team, is_whole=is_whole)


def _page(request: PortalRequest, log: Log) -> dict[str, object]:
    form = form_of(log.place, log.team, request.GET)
    before = form.before()
    page = None
    if form.is_valid():
        page = log.find(form.condition(now()), before, SHOWN)
    return {
        "form": form,
        "page": page,
        "rows": log.rows(page) if page else [],
        "has_origin": log.is_whole,
        "is_first": before is None,
        "older": form.query(before=page.next_before) if page else "",
        "files": [(label, f"log.{one}{form.query()}") for one, label in LABELS.items()],
    }


def _file(request: PortalRequest, log: Log, form: str) -> StreamingHttpResponse:
    """Stream the entries that the query filters, and record who downloads them."""
    filters = form_of(log.place, log.team, request.GET)
    if form not in LABELS or not filters.is_valid():
        raise Http404
    moment = now()
    record(
        "activity.exported",
        actor=request.user,
        **columns_of(log.place),
        format=form,
        filter=", ".join(sorted(filters.values)),
    )
    response = StreamingHttpResponse(
        activity_file.lines(log.file_rows(filters.condition(moment)), form),
        content_type=activity_file.CONTENT_TYPES[form],
    )
    name = f"activity-{moment:%Y-%m-%d-%H%M}.{form}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
