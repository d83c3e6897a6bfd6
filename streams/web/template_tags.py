"""Template tags of all surfaces, built in to every template (settings.TEMPLATES)."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django import template
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.template.defaulttags import CsrfTokenNode
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from streams.catalog.validation.rules import RULES

if TYPE_CHECKING:
    from datetime import datetime

    from django.template.base import Parser, Token
    from django.template.context import Context

register = template.Library()


class FormTokenNode(CsrfTokenNode):
    """Renders Django's CSRF token and a token for this rendering of the form (duplicate_submits.py)."""

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


@register.filter
def ago(moment: datetime | None) -> str:
    """Return how long ago a time was, such as "3 minutes ago"; nothing for no time."""
    if moment is None:
        return ""
    if abs((timezone.now() - moment).total_seconds()) < 1:
        return _("just now")
    return str(naturaltime(moment))


@register.tag
def csrf_token(parser: Parser, token: Token) -> FormTokenNode:
    """Replace Django's tag in all templates, so that every form has its own token."""
    return FormTokenNode()


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
    """Render the ID of a rule, or a code of the ingest, as a link to its guide."""
    guide = reverse("docs:guide", args=("rules" if rule in RULES else "ingest",))
    return format_html('<a class="mono rule" href="{}#{}">{}</a>', guide, rule, rule)


@register.simple_tag
def rule_words(rule: str) -> SafeString:
    """Render the title of a rule and its ID as a link; the ID alone for other codes."""
    known = RULES.get(rule)
    if known is None:
        return rule_link(rule)
    return format_html('<span lang="en">{}</span> {}', known.title, rule_link(rule))


@register.filter
def rule_title(rule: str) -> str:
    """Return the title of a rule; the ID of an unknown one."""
    known = RULES.get(rule)
    return known.title if known else rule


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
