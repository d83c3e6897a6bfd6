"""Tags that the portal's templates have without loading them (settings.TEMPLATES)."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django import template
from django.template.defaulttags import CsrfTokenNode
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

if TYPE_CHECKING:
    from datetime import datetime

    from django.template.base import Parser, Token
    from django.template.context import Context, RequestContext

    from streams.portal.access import PartnerPlace, Place

register = template.Library()

# Pages that stand below another one in the navigation.
SECTIONS = {
    "event": "events",
    "delivery": "deliveries",
    "replay": "replays",
    "member": "members",
    "partner": "workspaces",
    "workspace": "workspaces",
    "ingest": "workspaces",
    "stream": "streams",
    "history": "streams",
    "token": "tokens",
}


class FormTokenNode(CsrfTokenNode):
    """Django's token, and one that names this rendering of the form (portal/once.py)."""

    def render(self, context: Context) -> SafeString:
        of_csrf = super().render(context)
        if not of_csrf:
            return mark_safe("")
        # No autocomplete: Firefox would put the token of an earlier page into this one.
        own = format_html(
            '<input type="hidden" name="form_token" value="{}" autocomplete="off">',
            secrets.token_urlsafe(16),
        )
        return mark_safe(of_csrf + own)  # noqa: S308 # both are escaped


@register.tag
def csrf_token(parser: Parser, token: Token) -> FormTokenNode:
    """In place of Django's tag, in all templates: no form can be without it."""
    return FormTokenNode()


@register.simple_tag
def to(place: Place, page: str, *args: object, **query: object) -> str:
    """The address of a page of this workspace, for the same feed."""
    return reverse(
        f"portal:{page}",
        args=(place.workspace.public_id, *args),
        query={**place.query, **query},
    )


@register.simple_tag
def within(place: PartnerPlace, page: str, *args: object) -> str:
    """The address of a page of this partner."""
    return reverse(f"portal:{page}", args=(place.partner.slug, *args))


@register.inclusion_tag("portal/_nav_link.html", takes_context=True)
def nav_link(
    context: RequestContext, href: str, page: str, label: str
) -> dict[str, object]:
    """A link of the sidebar, marked if the page that is shown belongs below it."""
    match = context.request.resolver_match
    shown = match.url_name or "" if match else ""
    first = shown.removeprefix("partner-").split("-")[0]
    section = SECTIONS.get(first, first)
    icon = f"portal/icons/{page}.svg"
    return {"href": href, "label": label, "icon": icon, "current": section == page}


@register.inclusion_tag("portal/_stream_tab.html", takes_context=True)
def stream_tab(context: RequestContext, page: str, label: str) -> dict[str, object]:
    """A tab of the page's stream; `page` is what names of URLs in it begin with."""
    match = context.request.resolver_match
    shown = (match.url_name or "" if match else "").split("-")[2:3] or [""]
    own = page.split("-")[2:3] or [""]
    href = within(context["place"], page, context["stream"].slug)
    return {"href": href, "label": label, "current": shown == own}


@register.simple_tag
def moment(at: datetime | None, form: str = "j M, H:i:s") -> SafeString | str:
    """A time in the reader's zone; the full one shows when one points at it."""
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
    """The id of a rule, leading to what the guide says of it."""
    guide = reverse("docs:guide", args=("rules",))
    return format_html('<a class="mono rule" href="{}#{}">{}</a>', guide, rule, rule)


@register.filter
def breakable(path: str) -> SafeString:
    """A path in an event, which a narrow column breaks after a dot."""
    return format_html_join(
        SafeString(".<wbr>"), "{}", ((part,) for part in path.split("."))
    )


@register.filter
def seconds(milliseconds: int) -> str:
    """How long a request took, in the unit that reads best."""
    if milliseconds < 1000:
        return f"{milliseconds} ms"
    return f"{milliseconds / 1000:.1f} s"


@register.filter
def duration(seconds: float) -> str:
    """How long something will take, no finer than one can foresee."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    for unit, size_s, up_to in (
        ("second", 1, 120),
        ("minute", 60, 120),
        ("hour", 3600, 48),
    ):
        count = round(seconds / size_s)
        if count < up_to:
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{round(seconds / 86400):,} days"
