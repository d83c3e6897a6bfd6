"""The search across all partners. Every group shows MOST rows.

People, partners and streams are found by a part of their name; workspaces by the start of
their name, because there are many; everything else by its exact ID.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Prefetch, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from streams.admin.delivery.workspace_delivery import words_of
from streams.admin.shared.base import to_the_second
from streams.admin.shared.links import list_url, page_url
from streams.base.clock import now
from streams.base.ids import Secret
from streams.catalog.models import Stream
from streams.connections.models import Connection
from streams.events.feeds import INGEST_KEY_PREFIX
from streams.events.message_lookup import find_message
from streams.events.models import Feed
from streams.tenancy.models import (
    Partner,
    PartnerMembership,
    PartnerToken,
    User,
    Workspace,
    WorkspaceMembership,
)
from streams.tenancy.services import TOKEN_PREFIX

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django_stubs_ext import StrOrPromise

    from streams.events.message_lookup import FoundMessage

MOST_OWNERS = 3  # of a user, that a result names
MOST = 10
LAST = 4  # characters of a write key that pages show
SHOWN_AT_START = (INGEST_KEY_PREFIX, TOKEN_PREFIX)  # keys of which pages show the start


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    text: str
    url: str
    detail: str = ""
    related: Sequence[tuple[str, str]] = ()  # names and URLs, after the detail


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchGroup:
    """Results of one kind. `all_url` is the list with all of them, if there are more."""

    title: StrOrPromise
    results: Sequence[SearchResult]
    all_url: str = ""


def search(user: User, text: str) -> list[SearchGroup]:
    """Return the groups with results that the operator may see; nothing for no text."""
    if not text:
        return []
    found = (
        SearchGroup(title=title, results=results, all_url=more)
        for title, permissions, find in KINDS
        if user.has_perms(permissions)
        for results, more in [find(text)]
    )
    return [group for group in found if group.results]


def searched(user: User) -> list[StrOrPromise]:
    """Return the titles of the kinds that the operator's searches go through."""
    return [title for title, needed, _find in KINDS if user.has_perms(needed)]


type Found = tuple[list[SearchResult], str]


def _partners(text: str) -> Found:
    rows = Partner.objects.filter(Q(name__icontains=text) | Q(slug=text.lower()))
    return _results(rows.order_by("name"), text, lambda row: row.slug)


def _streams(text: str) -> Found:
    rows = Stream.objects.filter(Q(name__icontains=text) | Q(slug=text.lower()))
    named = rows.select_related("partner").order_by("name")
    return _results(
        named, text, lambda row: f"{row.partner}, {row.get_stage_display()}"
    )


def _workspaces(text: str) -> Found:
    rows = Workspace.objects.filter(
        Q(public_id=text) | Q(external_id=text) | Q(name__istartswith=text)
    )
    named = rows.select_related("partner").order_by("name", "pk")
    return _results(named, text, lambda row: f"{row.partner}, {row.external_id}")


def _users(text: str) -> Found:
    rows = User.objects.filter(Q(email__icontains=text) | Q(name__icontains=text))
    related = rows.prefetch_related(
        Prefetch(
            "workspace_memberships",
            WorkspaceMembership.objects.select_related("workspace"),
        ),
        Prefetch(
            "partner_memberships", PartnerMembership.objects.select_related("partner")
        ),
    )
    return _results(related.order_by("email"), text, _person, _owners)


def _person(user: User) -> str:
    return user.name


def _owners(user: User) -> list[tuple[str, str]]:
    """Link up to MOST_OWNERS partners and workspaces of a user, and the user for the rest."""
    places = _places(user)
    shown = [(one.name, page_url(one)) for one in places[:MOST_OWNERS]]
    rest = len(places) - len(shown)
    if rest:
        more = _("%(count)s more") % {"count": rest}
        shown.append((more, page_url(user)))
    return shown


def _places(user: User) -> list[Partner | Workspace]:
    return [
        *(one.partner for one in user.partner_memberships.all()),
        *(one.workspace for one in user.workspace_memberships.all()),
    ]


def _connections(text: str) -> Found:
    if len(text) == LAST:
        rows = Connection.objects.filter(key_last4=text)
    else:
        rows = Connection.objects.filter(public_id=text)
    related = rows.select_related("feed__workspace", "feed__stream")
    newest = related.defer("key_ciphertext", "key_fingerprint").order_by("-pk")
    words = words_of(list(newest[:MOST]))
    return _results(newest, text, lambda row: f"{row.feed}, {words.get(row.pk, '')}")


def _feeds(text: str) -> Found:
    rows = Feed.objects.filter(ingest_key_hint=key_hint(text, INGEST_KEY_PREFIX))
    related = rows.exclude(ingest_key_hint="").select_related("workspace", "stream")
    return _results(related.order_by("-pk"), text, lambda _row: _("Its ingest key"))


def _tokens(text: str) -> Found:
    hint = key_hint(text, TOKEN_PREFIX)
    rows = PartnerToken.objects.filter(hint=hint, is_internal=False).exclude(hint="")
    return _results(rows.select_related("partner").order_by("-pk"), text, _token_state)


def _token_state(token: PartnerToken) -> str:
    if token.revoked_at is None:
        has_expired = token.expires_at is not None and token.expires_at <= now()
        text = _("%(partner)s, expired") if has_expired else "%(partner)s"
        return text % {"partner": token.partner}
    text = _("%(partner)s, revoked %(time)s")
    return text % {"partner": token.partner, "time": to_the_second(token.revoked_at)}


def key_hint(text: str, *prefixes: str) -> str:
    """Return the first characters that pages show of the key `text`, without an ellipsis.

    Empty if the text doesn't start with one of the prefixes.
    """
    if not text.startswith(prefixes):
        return ""
    return Secret(text.removesuffix("…")).hint


def _events(text: str) -> Found:
    found = find_message(Feed.objects.all(), text, limit=MOST)
    return [_event(one) for one in found], ""


def _event(found: FoundMessage) -> SearchResult:
    at = to_the_second(found.seen_at)
    if found.quarantined is not None:
        text = _("%(feed)s: %(name)s in quarantine")
        detail = _("Received %(time)s.")
        url = page_url(found.feed)
    elif found.event is None:
        text = _("%(feed)s: no longer where it was stored")
        detail = _(
            "Received %(time)s. The event was released or discarded from quarantine, or is"
            " past its retention period."
        )
        url = page_url(found.feed)
    else:
        text = _("%(feed)s: event %(number)s")
        detail = _("Received %(time)s.")
        url = reverse("admin:streams_feed_event", args=[found.feed.pk, found.event.seq])
    stored = found.event or found.quarantined
    values = {
        "feed": found.feed,
        "number": found.event.seq if found.event else "",
        "name": (stored.name or stored.type) if stored else "",
    }
    return SearchResult(
        text=text % values,
        url=url,
        detail=detail % {"time": at},
    )


def _results[Row: Model](
    rows: QuerySet[Row],
    text: str,
    detail: Callable[[Row], str],
    related: Callable[[Row], Sequence[tuple[str, str]]] = lambda _row: (),
) -> Found:
    found = list(rows[: MOST + 1])
    more = list_url(rows.model, q=text) if len(found) > MOST else ""
    shown = [
        SearchResult(
            text=str(row),
            url=page_url(row),
            detail=detail(row),
            related=related(row),
        )
        for row in found[:MOST]
    ]
    return shown, more


# Each kind with its title, the permissions that it needs, and its search.
KINDS: tuple[tuple[StrOrPromise, tuple[str, ...], Callable[[str], Found]], ...] = (
    (gettext_lazy("Events"), ("streams.view_feed", "streams.view_event"), _events),
    (gettext_lazy("Workspaces"), ("streams.view_workspace",), _workspaces),
    (gettext_lazy("Connections"), ("streams.view_connection",), _connections),
    (gettext_lazy("Feeds"), ("streams.view_feed",), _feeds),
    (gettext_lazy("API tokens"), ("streams.view_partnertoken",), _tokens),
    (gettext_lazy("Partners"), ("streams.view_partner",), _partners),
    (gettext_lazy("Streams"), ("streams.view_stream",), _streams),
    (gettext_lazy("Users"), ("streams.view_user",), _users),
)
