"""Kinds of activity, for filters: each covers the actions with certain prefixes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django_stubs_ext import StrOrPromise

OTHER = "other"
# Value in URLs: the label, and the prefixes of the actions.
KINDS: Mapping[str, tuple[StrOrPromise, tuple[str, ...]]] = {
    "sign-in": (_("Sign-in and accounts"), ("user.", "group.", "sso.")),
    "members": (_("Members and invitations"), ("member.",)),
    "connections": (_("Connections"), ("connection.", "connections.", "inbound.")),
    "events": (
        _("Events, replays and quarantine"),
        ("events.", "replay.", "quarantine."),
    ),
    "identity": (_("Identity map"), ("identity.",)),
    "privacy": (_("Privacy"), ("privacy.", "erasure.")),
    "exports": (_("Exports"), ("export.", "activity.")),
    "keys": (_("API tokens and ingest keys"), ("token.", "feed.")),
    "webhooks": (_("Webhooks"), ("webhook.",)),
    "streams": (_("Streams, plans and docs"), ("stream.", "plan.", "page.", "qa.")),
    "workspaces": (_("Workspaces and partners"), ("workspace.", "partner.")),
    "delivery": (_("Delivery stops and restores"), ("delivery.", "history.")),
    "support": (_("Access by the operator"), ("support.", "impersonation.")),
    OTHER: (_("Other"), ()),
}


def choices() -> list[tuple[str, StrOrPromise]]:
    """Return the kinds as choices of a form."""
    return [(kind, label) for kind, (label, _prefixes) in KINDS.items()]


def of_kind(kind: str) -> Q:
    """Return the condition for entries of a key of KINDS; OTHER: of none of the others."""
    if kind == OTHER:
        return ~_any_of(one for _label, own in KINDS.values() for one in own)
    return _any_of(KINDS[kind][1])


def kind_of(action: str) -> str:
    """Return the key of KINDS that covers an action."""
    return next(
        (kind for kind, (_label, own) in KINDS.items() if action.startswith(own)), OTHER
    )


def _any_of(prefixes: Iterable[str]) -> Q:
    condition = Q()
    for prefix in prefixes:
        condition |= Q(action__startswith=prefix)
    return condition
