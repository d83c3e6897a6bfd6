"""Who may do what: the one place that grants access to the pages.

Every page starts here, from the tenant. An outsider gets 404, as if there were nothing;
a member whose role is too low gets 403 and a sentence that says who can help.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers

from streams.portal.kept import signed_out_part
from streams.tenancy.models import (
    Partner,
    PartnerMembership,
    User,
    Workspace,
    WorkspaceMembership,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from django_htmx.middleware import HtmxDetails

    from streams.catalog.models import Stream
    from streams.connections.models import Connection
    from streams.events.models import Feed

PartnerRole = PartnerMembership.Role
Role = WorkspaceMembership.Role
DEVELOPERS = frozenset({PartnerRole.DEVELOPER, PartnerRole.ADMIN})


class PortalRequest(HttpRequest):
    """A request of somebody who has signed in."""

    user: User
    htmx: HtmxDetails


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A workspace as one person may use it, and the feed that the page is about."""

    workspace: Workspace
    role: Role
    partner_role: PartnerRole | None  # of someone who sees it as its partner
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
        """What links to other pages of this feed must carry, unless it is the only one."""
        if self.feed is None or len(self.feeds) == 1:
            return {}
        return {"stream": self.feed.stream.slug}

    @property
    def the_feed(self) -> Feed:
        """The feed, on pages that make no sense without one."""
        if self.feed is None:
            raise Http404
        return self.feed

    def connection(self) -> Connection | None:
        """Where the feed is sent, unless that was deleted or never set."""
        return self.the_feed.connections.current().first()


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerPlace:
    """A partner as one of its members may use it."""

    partner: Partner
    role: PartnerRole

    @property
    def can_develop(self) -> bool:
        return self.role in DEVELOPERS

    @property
    def can_administer(self) -> bool:
        return self.role == PartnerRole.ADMIN


def signed_in[**P](
    view: Callable[Concatenate[PortalRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """A page for people who have signed in; no browser or proxy may keep a copy."""

    @wraps(view)
    def page(
        request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        asked = cast("PortalRequest", request)
        response: HttpResponse
        if request.user.is_authenticated:
            response = view(asked, *args, **kwargs)
        elif asked.htmx:
            # Loading the page again would lose what somebody types in it.
            response = signed_out_part()
        else:
            response = redirect_to_login(request.get_full_path())
        add_never_cache_headers(response)
        return response

    return page


def workspace_to_see(request: PortalRequest, public_id: str) -> Place:
    """For its members, and for all members of its partner; in a test workspace the
    partner's developers and admins are its admins."""
    workspace = (
        Workspace.objects.select_related("partner").filter(public_id=public_id).first()
    )
    if workspace is None:
        raise Http404
    role, partner_role = _role_in(workspace, request.user)
    feeds = tuple(workspace.feeds.select_related("stream").order_by("pk"))
    return Place(
        workspace=workspace,
        role=role,
        partner_role=partner_role,
        feeds=feeds,
        feed=_chosen(feeds, request.GET.get("stream")),
    )


def workspace_to_edit(request: PortalRequest, public_id: str) -> Place:
    """For those who connect, pause and test: editors and admins of the workspace."""
    place = workspace_to_see(request, public_id)
    if not place.can_edit:
        raise PermissionDenied(
            "You can look at this workspace but not change it. Ask one of its admins to"
            " make you an editor."
        )
    return place


def workspace_to_administer(request: PortalRequest, public_id: str) -> Place:
    """For those who invite people and delete the connection: admins of the workspace."""
    place = workspace_to_see(request, public_id)
    if not place.can_administer:
        raise PermissionDenied(
            "Only an admin of this workspace can do this. Ask one of its admins."
        )
    return place


def partner_to_see(request: PortalRequest, slug: str) -> PartnerPlace:
    """For all members of the partner."""
    membership = (
        PartnerMembership.objects.select_related("partner")
        .filter(user=request.user, partner__slug=slug)
        .first()
    )
    if membership is None:
        raise Http404
    return PartnerPlace(partner=membership.partner, role=PartnerRole(membership.role))


def partner_to_develop(request: PortalRequest, slug: str) -> PartnerPlace:
    """For those who make workspaces, keys and tokens: developers and admins."""
    place = partner_to_see(request, slug)
    if not place.can_develop:
        raise PermissionDenied(
            "Only developers and admins can do this. Ask an admin of your team to make"
            " you a developer."
        )
    return place


def partner_to_administer(request: PortalRequest, slug: str) -> PartnerPlace:
    """For those who decide who is in the partner's team: admins."""
    place = partner_to_see(request, slug)
    if not place.can_administer:
        raise PermissionDenied("Only an admin of your team can do this.")
    return place


def workspace_of(place: PartnerPlace, public_id: str) -> Workspace:
    """A workspace of this partner; 404 for another's."""
    workspace = place.partner.workspaces.filter(public_id=public_id).first()
    if workspace is None:
        raise Http404
    return workspace


def stream_of(place: PartnerPlace, slug: str) -> Stream:
    """A stream of this partner; 404 for another's."""
    stream = place.partner.streams.filter(slug=slug).first()
    if stream is None:
        raise Http404
    return stream


def _role_in(workspace: Workspace, user: User) -> tuple[Role, PartnerRole | None]:
    """Raises Http404 for a person who has nothing to do with the workspace."""
    own = workspace.memberships.filter(user=user).first()
    if own is not None:
        return Role(own.role), None
    of_partner = workspace.partner.memberships.filter(user=user).first()
    if of_partner is None:
        raise Http404
    if workspace.is_test and of_partner.role in DEVELOPERS:
        # The partner's own: its developers paste the key of their own source into it.
        return Role.ADMIN, PartnerRole(of_partner.role)
    # The partner's people look, whatever they are in the partner: the customer decides
    # where its events go.
    return Role.VIEWER, PartnerRole(of_partner.role)


def _chosen(feeds: tuple[Feed, ...], slug: str | None) -> Feed | None:
    if slug is None:
        return feeds[0] if feeds else None
    for feed in feeds:
        if feed.stream.slug == slug:
            return feed
    raise Http404
