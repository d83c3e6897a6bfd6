"""A partner's workspaces: creation, deletion, and the page of one workspace."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Max, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from streams.base.clock import now
from streams.events.feeds import new_ingest_key, open_feed
from streams.observability.empty_workspaces import empty, remove_empty
from streams.observability.issues.queries import day_counts
from streams.portal.partner.forms import WorkspaceForm
from streams.portal.people.members import people_of
from streams.portal.people.pending_invitations import pending_of
from streams.portal.shared.access import (
    PartnerAccess,
    PortalRequest,
    partner_to_develop,
    partner_to_see,
    signed_in,
    workspace_of,
)
from streams.portal.shared.form_choices import number_in
from streams.portal.shared.navigation_tags import within
from streams.portal.workspace.summaries import rows
from streams.tenancy.members import may_invite
from streams.tenancy.models import WorkspaceMembership
from streams.tenancy.services import ExternalIdTaken, create_workspace
from streams.web.recent_sign_in import confirmed

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from streams.base.ids import Secret
    from streams.portal.workspace.summaries import FeedSummary
    from streams.tenancy.models import Workspace

PAGE_LENGTH = 50


@signed_in
def workspaces_remove(request: PortalRequest, slug: str) -> HttpResponse:
    """Show the empty workspaces of the list; a POST deletes those that were shown."""
    access = partner_to_develop(request, slug)
    query, named = _named(request, access)
    customers = named.filter(is_test=False)
    if request.method == "POST":
        # Workspaces created since then were not shown, so they stay.
        shown_to = number_in(request.POST, "last_id") or 0
        chosen = customers.filter(pk__lte=shown_to)
        removed = remove_empty(chosen, actor=request.user)
        _report_deleted(request, removed, left=empty(chosen).count())
        return redirect(within(access, "partner"))
    removable = empty(customers).order_by("name", "pk")
    page = Paginator(removable, PAGE_LENGTH).get_page(request.GET.get("page"))
    context = {
        "access": access,
        "query": query,
        "page": page,
        "last": removable.aggregate(last=Max("pk"))["last"],
    }
    return render(request, "portal/partner/workspaces_remove.html", context)


def _report_deleted(request: PortalRequest, deleted: int, *, left: int) -> None:
    if not deleted:
        messages.success(request, _("There were no empty workspaces to delete."))
        return
    done = ngettext(
        "Deleted %(workspaces)s empty workspace.",
        "Deleted %(workspaces)s empty workspaces.",
        deleted,
    )
    messages.success(request, done % {"workspaces": f"{deleted:,}"})
    if left:
        rest = ngettext(
            "%(workspaces)s empty workspace is left: one request can't delete them all.",
            "%(workspaces)s empty workspaces are left: one request can't delete them all.",
            left,
        )
        messages.info(request, rest % {"workspaces": f"{left:,}"})


def _named(
    request: PortalRequest, access: PartnerAccess
) -> tuple[str, QuerySet[Workspace]]:
    """Return the search text, and the partner's workspaces that match it."""
    query = request.GET.get("q", "").strip()[:100]
    named = Q(name__istartswith=query) | Q(external_id__istartswith=query)
    return query, access.partner.workspaces.filter(named)


@signed_in
def workspace_new(request: PortalRequest, slug: str) -> HttpResponse:
    """Create a workspace and its feed; the response shows the ingest key once."""
    access = partner_to_develop(request, slug)
    form = WorkspaceForm(access.partner, request.POST or None)
    if form.is_valid():
        stream = form.cleaned_data.pop("stream")
        try:
            with transaction.atomic():
                created = create_workspace(
                    partner=access.partner, actor=request.user, **form.cleaned_data
                )
                secret = open_feed(
                    stream=stream, workspace=created, actor=request.user
                )[1]
        except ExternalIdTaken as error:
            form.add_error("external_id", str(error))
        else:
            title = _("Ingest key of the new workspace")
            return _workspace(request, access, created, secret, title)
    context = {"access": access, "form": form}
    return render(request, "portal/partner/workspace_new.html", context)


@signed_in
def workspace(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    access = partner_to_see(request, slug)
    return _workspace(request, access, workspace_of(request, access, public_id))


@signed_in
@confirmed
def ingest_key(
    request: PortalRequest, slug: str, public_id: str, pk: int
) -> HttpResponse:
    """Ask for confirmation; the response to a POST shows the new ingest key once."""
    access = partner_to_develop(request, slug)
    workspace = workspace_of(request, access, public_id)
    feed = get_object_or_404(workspace.feeds.select_related("stream"), pk=pk)
    if request.method == "POST":
        secret = new_ingest_key(feed=feed, actor=request.user)
        return _workspace(request, access, workspace, secret, _("New ingest key"))
    context = {"access": access, "workspace": workspace, "feed": feed}
    return render(request, "portal/partner/ingest_key.html", context)


def _workspace(
    request: PortalRequest,
    access: PartnerAccess,
    workspace: Workspace,
    secret: Secret | None = None,
    secret_title: str = "",
) -> HttpResponse:
    invites = access.can_develop and may_invite(request.user, workspace)

    def url(what: str, pk: int) -> str:
        page = f"partner-workspace-invitation-{what}"
        return within(access, page, workspace.public_id, pk)

    invitations = pending_of(workspace, url if invites else None)
    context = {
        "access": access,
        "workspace": workspace,
        "invites": invites,
        "invitations": invitations,
        "can_connect": workspace.memberships.exclude(
            role=WorkspaceMembership.Role.VIEWER
        ).exists(),
        "invited": [
            one.invitation
            for one in invitations
            if not one.has_expired
            and one.invitation.role != WorkspaceMembership.Role.VIEWER
        ],
        "rows": _feeds(workspace),
        "secret": secret.text if secret else "",
        "secret_title": secret_title,
        **people_of(workspace),
    }
    response = render(request, "portal/partner/workspace.html", context)
    if secret:  # the form was processed: see web/duplicate_submits.py
        page = within(access, "partner-workspace", workspace.public_id)
        response.status_code, response.headers["Location"] = 201, page
    return response


def _feeds(workspace: Workspace) -> list[FeedSummary]:
    """Return a row per feed, with its issues, with seven queries in all."""
    moment = now()
    summaries = [(row.feed, row) for row in rows([workspace], moment)]
    issues = day_counts([feed.pk for feed, _row in summaries if feed], moment)
    return [
        replace(row, issues=issues.get(feed.pk, 0)) for feed, row in summaries if feed
    ]
