"""Template tags that are built in to the portal's templates (settings.TEMPLATES)."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django import template
from django.template.defaulttags import CsrfTokenNode
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

if TYPE_CHECKING:
    from datetime import datetime

    from django.template.base import Parser, Token
    from django.template.context import Context, RequestContext

    from streams.portal.shared.access import PartnerAccess, WorkspaceAccess

register = template.Library()


class FormTokenNode(CsrfTokenNode):
    """Renders Django's CSRF token and a token for this rendering of the form (form_once.py)."""

    def render(self, context: Context) -> SafeString:
        of_csrf = super().render(context)
        if not of_csrf:
            return mark_safe("")
        # No autocomplete: Firefox would restore the token of an earlier page.
        own = format_html(
            '<input type="hidden" name="form_token" value="{}" autocomplete="off">',
            secrets.token_urlsafe(16),
        )
        return mark_safe(of_csrf + own)  # noqa: S308 # both are escaped


@register.tag
def csrf_token(parser: Parser, token: Token) -> FormTokenNode:
    """Replace Django's tag in all templates, so that every form has its own token."""
    return FormTokenNode()


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


@register.simple_tag
def moment(at: datetime | None, form: str = "j M, H:i:s") -> SafeString | str:
    """Format a time in the reader's time zone, with the full time as a tooltip."""
    if at is None:
        return "–"
    local = timezone.localtime(at)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        at.isoformat(),
        formats.date_format(local, "l, j F Y, H:i:s T"),
        formats.date_format(local, form),
    )


@register.simple_tag
def rule_link(rule: str) -> SafeString:
    """Render a rule ID as a link to its section in the guide."""
    guide = reverse("docs:guide", args=("rules",))
    return format_html('<a class="mono rule" href="{}#{}">{}</a>', guide, rule, rule)


@register.filter
def breakable(path: str) -> SafeString:
    """Let a narrow column break an event path after a dot."""
    return format_html_join(
        SafeString(".<wbr>"), "{}", ((part,) for part in path.split("."))
    )


@register.filter
def seconds(milliseconds: int) -> str:
    """Format the duration of a request in milliseconds or seconds."""
    if milliseconds < 1000:
        return _("%(count)d ms") % {"count": milliseconds}
    return _("%(count).1f s") % {"count": milliseconds / 1000}


@register.filter
def duration(seconds: float) -> str:
    """Format an estimated duration, rounded to a unit that suits its size."""
    if seconds < 1:
        return _("%(count)d ms") % {"count": round(seconds * 1000)}
    if (count := round(seconds)) < 120:
        said = ngettext("%(count)d second", "%(count)d seconds", count)
    elif (count := round(seconds / 60)) < 120:
        said = ngettext("%(count)d minute", "%(count)d minutes", count)
    elif (count := round(seconds / 3600)) < 48:
        said = ngettext("%(count)d hour", "%(count)d hours", count)
    else:
        count = round(seconds / 86400)
        return ngettext("%(days)s day", "%(days)s days", count) % {"days": f"{count:,}"}
    return said % {"count": count}
