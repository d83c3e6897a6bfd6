"""Pages that follow events, delivery attempts and requests as they arrive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from streams.portal.shared.access import (
    PartnerAccess,
    PortalRequest,
    WorkspaceAccess,
    partner_to_see,
    signed_in,
    workspace_to_see,
)
from streams.portal.shared.form_choices import number_in
from streams.portal.shared.navigation_tags import to, within
from streams.portal.tail.forms import (
    AttemptTailForm,
    EventTailForm,
    RequestTailForm,
    TailForm,
)
from streams.portal.tail.rows import (
    PER_POLL,
    TailRow,
    attempts_across,
    attempts_of,
    events_across,
    events_of,
    requests_of,
)
from streams.sign_in.second_factor.workspaces import opens_all_workspaces

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpResponse
    from django_stubs_ext import StrOrPromise

KEPT = 200  # rows on a page
OF_WORKSPACE: Mapping[str, StrOrPromise] = {
    "events": _("Events"),
    "attempts": _("Delivery attempts"),
}
OF_PARTNER: Mapping[str, StrOrPromise] = {**OF_WORKSPACE, "requests": _("Requests")}
FORMS: Mapping[str, type[TailForm]] = {
    "events": EventTailForm,
    "attempts": AttemptTailForm,
    "requests": RequestTailForm,
}


@dataclass(frozen=True, slots=True)
class Poll:
    """New rows for a page. The next poll asks for what comes after `after`."""

    rows: list[TailRow]
    after: object = ""
    missed: int = 0  # events that arrived and that no poll shows


@dataclass(frozen=True, slots=True)
class KindLink:
    kind: str
    label: StrOrPromise
    href: str


@signed_in
def workspace_tail(request: PortalRequest, public_id: str) -> HttpResponse:
    """Show the newest events or attempts of a feed, and follow them."""
    access = workspace_to_see(request, public_id)
    kind, form = _chosen(request, OF_WORKSPACE)
    newest = access.the_feed.head_seq - PER_POLL if kind == "events" else 0
    context = {
        "access": access,
        "poll": _of_workspace(access, kind, form, max(newest, 0)),
        **_page(kind, form, OF_WORKSPACE, to(access, "tail-rows")),
    }
    return render(request, "portal/tail/workspace.html", context)


@signed_in
def workspace_tail_rows(request: PortalRequest, public_id: str) -> HttpResponse:
    """Render the rows since the last poll."""
    access = workspace_to_see(request, public_id)
    kind, form = _chosen(request, OF_WORKSPACE)
    after = number_in(request.GET, "after") or 0
    return _answer(request, _of_workspace(access, kind, form, after))


@signed_in
def partner_tail(request: PortalRequest, slug: str) -> HttpResponse:
    """Show the newest rows of all the partner's customers, and follow them."""
    access = partner_to_see(request, slug)
    kind, form = _chosen(request, OF_PARTNER)
    context = {
        "access": access,
        "is_of_partner": True,
        "poll": _of_partner(request, access, form, ""),
        **_page(kind, form, OF_PARTNER, within(access, "partner-tail-rows")),
    }
    return render(request, "portal/tail/partner.html", context)


@signed_in
def partner_tail_rows(request: PortalRequest, slug: str) -> HttpResponse:
    """Render the rows since the last poll, and some that the page may have."""
    access = partner_to_see(request, slug)
    _kind, form = _chosen(request, OF_PARTNER)
    after = request.GET.get("after", "")
    return _answer(request, _of_partner(request, access, form, after))


def _chosen(
    request: PortalRequest, kinds: Mapping[str, StrOrPromise]
) -> tuple[str, TailForm]:
    wanted = request.GET.get("show", "")
    kind = wanted if wanted in kinds else "events"
    return kind, FORMS[kind](request.GET)


def _page(
    kind: str, form: TailForm, kinds: Mapping[str, StrOrPromise], poll_url: str
) -> dict[str, object]:
    unfiltered = dict.fromkeys(form.fields)
    return {
        "form": form,
        "kind": kind,
        "kind_label": kinds[kind],
        "kinds": [
            KindLink(one, label, form.query(**unfiltered, show=one))
            for one, label in kinds.items()
        ],
        "kept": KEPT,
        "poll_url": poll_url.partition("?")[0] + form.query(show=kind),
    }


def _of_workspace(
    access: WorkspaceAccess, kind: str, form: TailForm, after: int
) -> Poll:
    feed = access.the_feed
    if isinstance(form, EventTailForm):
        rows = events_of(feed, after, form.matching())
        return Poll(rows, feed.head_seq, max(0, feed.head_seq - after - PER_POLL))
    rows = attempts_of(feed, after, form.values.get("outcome", ""))
    newest = max((int(row.key[1:]) for row in rows), default=after)
    return Poll(rows, newest)


def _of_partner(
    request: PortalRequest, access: PartnerAccess, form: TailForm, after: str
) -> Poll:
    opens_all = opens_all_workspaces(request, request.user)
    if isinstance(form, EventTailForm):
        rows = events_across(access.partner.pk, opens_all=opens_all)
        return Poll([row for row in rows if form.shows(row)])
    if isinstance(form, AttemptTailForm):
        rows = attempts_across(access.partner.pk, opens_all=opens_all)
        return Poll([row for row in rows if form.shows(row)])
    rows = requests_of(access.partner.pk, after, failed=bool(form.values.get("failed")))
    return Poll(rows, rows[0].key[1:] if rows else after)


def _answer(request: PortalRequest, poll: Poll) -> HttpResponse:
    response = render(request, "portal/tail/_rows.html", {"poll": poll})
    response["Tail-After"] = str(poll.after)
    response["Tail-Missed"] = str(poll.missed)
    return response
