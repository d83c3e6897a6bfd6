"""Template tags for links and navigation, built in to every template (settings.TEMPLATES)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.urls import reverse

from streams.portal.shared.access import WorkspaceAccess

if TYPE_CHECKING:
    from django.template.context import RequestContext

    from streams.events.models import Feed
    from streams.portal.shared.access import PartnerAccess
    from streams.tenancy.models import Workspace

register = template.Library()


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
def search_scope(access: WorkspaceAccess | PartnerAccess) -> str:
    """Return the name of a workspace or partner in the URL of a search (portal/palette)."""
    if isinstance(access, WorkspaceAccess):
        return f"w:{access.workspace.public_id}"
    return f"p:{access.partner.slug}"


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


def _declares(context: RequestContext, option: str, value: str) -> bool:
    """Whether the page's path has this option (portal/urls.py)."""
    match = context.request.resolver_match
    return match is not None and match.kwargs.get(option) == value
