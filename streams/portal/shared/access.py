"""Access control for the portal's pages, by membership and role.

Every view starts here, with the tenant. An outsider gets 404, as if the page didn't exist.
A member whose role is too low gets 403 and a message that says who can help.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from streams.sign_in.second_factor.workspaces import check_second_factor
from streams.tenancy.models import (
    Partner,
    PartnerMembership,
    User,
    Workspace,
    WorkspaceMembership,
)
from streams.web.kept_forms import signed_out_part

if TYPE_CHECKING:
    from collections.abc import Callable

    from django_htmx.middleware import HtmxDetails

    from streams.catalog.models import Stream
    from streams.connections.models import Connection
    from streams.events.models import Feed

PartnerRole = PartnerMembership.Role
Role = WorkspaceMembership.Role
# Options of a path in portal/urls.py that the templates read and the views don't take.
NAVIGATION_OPTIONS = ("section", "tab")
DEVELOPERS = frozenset({PartnerRole.DEVELOPER, PartnerRole.ADMIN})


class PortalRequest(HttpRequest):
    """A request from a signed-in user."""

    user: User
    htmx: HtmxDetails


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceAccess:
    """A workspace with the user's role in it, and the feed that the page shows."""

    workspace: Workspace
    role: Role
    partner_role: (
        PartnerRole | None
    )  # set if the user views it as a member of its partner
    feeds: tuple[Feed, ...]
    feed: Feed | None

    @property
    def can_edit(self) -> bool:
        return self.role in (Role.EDITOR, Role.ADMIN)

    @property
    def can_administer(self) -> bool:
        return self.role == Role.ADMIN

    @property
    def query(self) -> dict[str, str]:
        """Query parameters that keep links on this feed; empty if it's the only one."""
        if self.feed is None or len(self.feeds) == 1:
            return {}
        return {"stream": self.feed.stream.slug}

    @property
    def the_feed(self) -> Feed:
        """The feed, for pages that require one. Raises Http404 without a feed."""
        if self.feed is None:
            raise Http404
        return self.feed

    def connection(self) -> Connection | None:
        """Return the feed's connection, or None if it was deleted or never set up."""
        return self.the_feed.connections.current().first()


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerAccess:
    """A partner with the user's role in it."""

    partner: Partner
    role: PartnerRole

    @property
    def can_develop(self) -> bool:
        return self.role in DEVELOPERS

    @property
    def can_administer(self) -> bool:
        return self.role == PartnerRole.ADMIN


def signed_in[**P](
    view: Callable[Concatenate[PortalRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Require a signed-in user for a view, and forbid caching of its response.

    The view doesn't get the path's navigation options.
    """

    @wraps(view)
    def page(
        request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        for option in NAVIGATION_OPTIONS:
            kwargs.pop(option, None)
        portal_request = cast("PortalRequest", request)
        response: HttpResponseBase
        if request.user.is_authenticated:
            response = view(portal_request, *args, **kwargs)
        elif portal_request.htmx:
            # A redirect would reload the page and lose the user's input.
            response = signed_out_part()
        else:
            response = redirect_to_login(request.get_full_path())
        add_never_cache_headers(response)
        return response

    return page


def workspace_to_see(request: PortalRequest, public_id: str) -> WorkspaceAccess:
    """Return a workspace for its members and for all members of its partner.

    The partner's developers and admins are admins of its test workspaces. Raises
    SecondFactorMissing, which leads to the page that asks for one.
    """
    workspace = (
        Workspace.objects.select_related("partner").filter(public_id=public_id).first()
    )
    if workspace is None:
        raise Http404
    role, partner_role = _role_in(workspace, request.user)
    check_second_factor(request, request.user, workspace)
    feeds = tuple(workspace.feeds.select_related("stream").order_by("pk"))
    return WorkspaceAccess(
        workspace=workspace,
        role=role,
        partner_role=partner_role,
        feeds=feeds,
        feed=_chosen(feeds, request.GET.get("stream")),
    )


def workspace_to_edit(request: PortalRequest, public_id: str) -> WorkspaceAccess:
    """Return a workspace for its editors and admins, who manage the connection."""
    access = workspace_to_see(request, public_id)
    if not access.can_edit:
        raise PermissionDenied(
            _(
                "You have view-only access to this workspace. To make changes, ask a"
                " workspace admin for the Editor role."
            )
        )
    return access


def workspace_to_administer(request: PortalRequest, public_id: str) -> WorkspaceAccess:
    """Return a workspace for its admins, who manage members and delete connections."""
    access = workspace_to_see(request, public_id)
    if not access.can_administer:
        raise PermissionDenied(
            _("Only admins of this workspace can do this. Ask one of them for help.")
        )
    return access


def partner_to_see(request: PortalRequest, slug: str) -> PartnerAccess:
    """Return a partner for its members."""
    membership = (
        PartnerMembership.objects.select_related("partner")
        .filter(user=request.user, partner__slug=slug)
        .first()
    )
    if membership is None:
        raise Http404
    return PartnerAccess(partner=membership.partner, role=PartnerRole(membership.role))


def partner_to_develop(request: PortalRequest, slug: str) -> PartnerAccess:
    """Return a partner for its developers and admins, who create keys and tokens."""
    access = partner_to_see(request, slug)
    if not access.can_develop:
        raise PermissionDenied(
            _(
                "Only developers and admins can do this. Ask an admin of your team for the"
                " Developer role."
            )
        )
    return access


def partner_to_administer(request: PortalRequest, slug: str) -> PartnerAccess:
    """Return a partner for its admins, who manage the team."""
    access = partner_to_see(request, slug)
    if not access.can_administer:
        raise PermissionDenied(
            _("Only admins of your team can do this. Ask one of them for help.")
        )
    return access


def workspace_of(
    request: PortalRequest, access: PartnerAccess, public_id: str
) -> Workspace:
    """Return one of the partner's workspaces. Raises Http404 for any other.

    Raises SecondFactorMissing, as `workspace_to_see` does.
    """
    workspace = access.partner.workspaces.filter(public_id=public_id).first()
    if workspace is None:
        raise Http404
    check_second_factor(request, request.user, workspace)
    return workspace


def stream_of(access: PartnerAccess, slug: str) -> Stream:
    """Return one of the partner's streams. Raises Http404 for any other."""
    stream = access.partner.streams.filter(slug=slug).first()
    if stream is None:
        raise Http404
    return stream


def _role_in(workspace: Workspace, user: User) -> tuple[Role, PartnerRole | None]:
    """Return the user's role, and their partner role. Raises Http404 for outsiders."""
    own = workspace.memberships.filter(user=user).first()
    if own is not None:
        return Role(own.role), None
    of_partner = workspace.partner.memberships.filter(user=user).first()
    if of_partner is None:
        raise Http404
    if workspace.is_test and of_partner.role in DEVELOPERS:
        # A test workspace holds the write key of the partner's own source.
        return Role.ADMIN, PartnerRole(of_partner.role)
    # Partner members can only view, whatever their role: the customer decides where its
    # events go.
    return Role.VIEWER, PartnerRole(of_partner.role)


def _chosen(feeds: tuple[Feed, ...], slug: str | None) -> Feed | None:
    if slug is None:
        return feeds[0] if feeds else None
    for feed in feeds:
        if feed.stream.slug == slug:
            return feed
    raise Http404
