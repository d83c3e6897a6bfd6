"""Template tags for links and navigation, built in to every template (settings.TEMPLATES)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django import template
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from streams.alerts.people.inbox import MOST_COUNTED, count_unread, inbox_of
from streams.catalog.stage import Stage
from streams.portal.shared.access import WorkspaceAccess
from streams.sign_in.second_factor.workspaces import (
    closed_workspaces,
    opens_all_workspaces,
)

if TYPE_CHECKING:
    from django.template.context import RequestContext

    from streams.catalog.models import Stream
    from streams.events.models import Feed
    from streams.portal.shared.access import PartnerAccess
    from streams.portal.shared.plan_links import PlanLinks
    from streams.tenancy.models import User, Workspace

register = template.Library()


def first_page_of(stream: Stream) -> str:
    """Return the name of the page on which a stream opens: what is next, or its health."""
    is_live = stream.stage == Stage.LIVE
    return "partner-stream-overview" if is_live else "partner-stream-launch"


@register.simple_tag
def to(access: WorkspaceAccess, page: str, *args: object, **query: object) -> str:
    """Return the URL of a page of this workspace, for the same feed."""
    return reverse(
        f"portal:{page}",
        args=(access.workspace.public_id, *args),
        query={**access.query, **query},
    )


@register.simple_tag
def within(access: PartnerAccess, page: str, *args: object) -> str:
    """Return the URL of a page of this partner."""
    return reverse(f"portal:{page}", args=(access.partner.slug, *args))


@register.simple_tag
def first_page(access: PartnerAccess, stream: Stream) -> str:
    """Return the URL of the page of a stream that links to the stream lead to."""
    return within(access, first_page_of(stream), stream.slug)


@register.simple_tag
def in_place(access: WorkspaceAccess | PartnerAccess, page: str, *args: object) -> str:
    """Return the URL of a page that workspaces and partners both have."""
    if isinstance(access, WorkspaceAccess):
        return to(access, page, *args)
    return within(access, f"partner-{page}", *args)


@register.simple_tag
def of_feed(
    workspace: Workspace, feed: Feed, page: str, *args: object, **query: object
) -> str:
    """Return the URL of a page of a workspace about one of its feeds, from any page."""
    return reverse(
        f"portal:{page}",
        args=(workspace.public_id, *args),
        query={"stream": feed.stream.slug, **query},
    )


@register.simple_tag
def search_scope(access: WorkspaceAccess | PartnerAccess | None) -> str:
    """Return the name of a workspace or partner in the URL of a search (portal/palette).

    Empty on the pages of a user, which belong to neither.
    """
    if access is None:
        return ""
    if isinstance(access, WorkspaceAccess):
        return f"w:{access.workspace.public_id}"
    return f"p:{access.partner.slug}"


@register.simple_tag
def edit_planned(links: PlanLinks, name: str, rule: str) -> str:
    """Return the URL that edits the planned event which an issue of this rule is about."""
    return links.edit(name, [rule])


@register.inclusion_tag("portal/shared/_nav_link.html", takes_context=True)
def nav_link(
    context: RequestContext, href: str, section: str, label: str
) -> dict[str, object]:
    """Render a sidebar link, marked as current on the pages that declare its section."""
    return {
        "href": href,
        "label": label,
        "icon": f"portal/icons/{section}.svg",
        "current": _declares(context, "section", section),
    }


@register.inclusion_tag("portal/stream/_tab.html", takes_context=True)
def stream_tab(context: RequestContext, page: str, label: str) -> dict[str, object]:
    """Render a link to a page of the stream, marked as current on its tab's pages."""
    return {
        "href": within(context["access"], page, context["stream"].slug),
        "label": label,
        "current": _declares(context, "tab", page),
    }


@register.inclusion_tag("portal/shared/_bell.html", takes_context=True)
def bell(context: RequestContext) -> dict[str, object]:
    """Render the link to the inbox, with the number of unread notices. Takes one query."""
    user = cast("User", context.request.user)
    opens_all = opens_all_workspaces(context.request, user)
    unread = count_unread(inbox_of(user, opens_all=opens_all))
    shown = str(unread) if unread < MOST_COUNTED else f"{MOST_COUNTED - 1}+"
    text = ngettext(
        "Inbox: %(count)s unread notice", "Inbox: %(count)s unread notices", unread
    )
    label = text % {"count": shown} if unread else _("Inbox: no unread notices")
    return {"unread": unread, "shown": shown, "label": label}


@register.inclusion_tag("portal/shared/_hidden_workspaces.html", takes_context=True)
def hidden_workspaces(context: RequestContext) -> dict[str, object]:
    """Say how many workspaces a list hides, because they require a second factor."""
    request = context.request
    user = cast("User", request.user)
    closed = None if opens_all_workspaces(request, user) else closed_workspaces(user)
    if closed is not None and context["access"]:  # a partner's; the inbox has none
        closed = closed.filter(partner=context["access"].partner)
    back = {"next": request.get_full_path()}
    return {
        "count": 0 if closed is None else closed.count(),
        "url": reverse("account_second_factor", query=back),
    }


def _declares(context: RequestContext, option: str, value: str) -> bool:
    """Whether the page's path has this option (portal/urls.py)."""
    match = context.request.resolver_match
    return match is not None and match.kwargs.get(option) == value
