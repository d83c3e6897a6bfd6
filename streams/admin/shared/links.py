"""Links to pages of the admin, which are plain text for operators who may not open the page."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.urls import reverse
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.translation import gettext

from streams.events.models import Event, Feed

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import Model
    from django_stubs_ext import StrOrPromise

    from streams.tenancy.models import User

# The operator of the current request. Columns of lists get a row, and no request.
_operator: ContextVar[User | None] = ContextVar("operator", default=None)


def links_for(operator: User | None) -> None:
    """Set the operator for the links of a request, when it starts; None: no limit."""
    _operator.set(operator)


def may_view(model: type[Model]) -> bool:
    """Whether the operator may open the pages of a model."""
    operator, meta = _operator.get(), model._meta
    names = (
        f"{meta.app_label}.{verb}_{meta.model_name}" for verb in ("view", "change")
    )
    return operator is None or any(operator.has_perm(name) for name in names)


def may_view_events() -> bool:
    """Whether the operator may open the events of feeds."""
    return may_view(Feed) and may_view(Event)


def link_column(field: str, description: StrOrPromise) -> Callable[[Any, Any], str]:
    """Return a field that links a related row. Django's own links ignore permissions."""

    @admin.display(description=description)
    def shown(_: Any, row: Any) -> str:
        related = getattr(row, field)
        return link(related) if related else "–"

    return shown


def page_url(row: Model) -> str:
    """Return the URL of the row's page in the admin."""
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])


def list_url(model: type[Model], **query: object) -> str:
    """Return the URL of a list in the admin, filtered by a query."""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
    return reverse(name, query=query)


def link(row: Model, text: object = None) -> str:
    """Return a link to the row's page in the admin."""
    if not may_view(type(row)):
        return conditional_escape(str(text or row))
    return format_html('<a href="{}">{}</a>', page_url(row), text or row)


def list_link(model: type[Model], text: StrOrPromise, **query: object) -> str:
    """Return a link to a list in the admin, filtered by a query."""
    if not may_view(model):
        return conditional_escape(text)
    return format_html('<a href="{}">{}</a>', list_url(model, **query), text)


def linked(*links: str) -> str:
    """Return links in one line, without those that the operator may not open."""
    shown = [(one,) for one in links if one.startswith("<a ")]
    return format_html_join(" · ", "{}", shown) or "–"


def events_link(feed: Feed, text: str = "", **query: object) -> str:
    """Return a link to the feed's events before `before`, newest first."""
    shown = text or gettext("Events")
    if not may_view_events():
        return conditional_escape(shown)
    url = reverse("admin:streams_feed_events", args=[feed.pk], query=query)
    return format_html('<a href="{}">{}</a>', url, shown)


def event_link(feed: Feed, seq: int) -> str:
    """Return a link to one event of the feed."""
    if not may_view_events():
        return str(seq)
    url = reverse("admin:streams_feed_event", args=[feed.pk, seq])
    return format_html('<a href="{}">{}</a>', url, seq)
