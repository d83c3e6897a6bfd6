"""The inbox of a person: the notices of all places that they may still see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from streams.alerts.models import Notice
from streams.tenancy.models import PartnerMembership, WorkspaceMembership

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from streams.alerts.people.notice import NoticeQuerySet
    from streams.tenancy.models import User

MOST_COUNTED = 100  # unread notices


def inbox_of(user: User, *, opens_all: bool) -> NoticeQuerySet:
    """Return the notices in a person's inbox, newest first.

    Those of a workspace are for its members and the members of its partner, as its pages
    are. After someone has left, they are hidden. So are those of workspaces that require a
    second factor, unless `opens_all`.
    """
    partners = PartnerMembership.objects.filter(user=user).values("partner")
    workspaces = WorkspaceMembership.objects.filter(user=user).values("workspace")
    places = (
        Q(workspace__in=workspaces)
        | Q(workspace__partner__in=partners)
        | Q(partner__in=partners)
    )
    arrived = Notice.objects.filter(
        places, recipient=user, channel=Notice.Channel.INBOX, sent_at__isnull=False
    )
    if not opens_all:
        arrived = arrived.filter(workspace__second_factor_required_at=None)
    return arrived.order_by("-sent_at", "-pk")


def inbox_of_operator(user: User) -> NoticeQuerySet:
    """Return an operator's notices about the portal, newest first.

    The caller checks that the person may see alerts in the admin.
    """
    arrived = Notice.objects.filter(
        audience=Notice.Audience.OPERATOR,
        recipient=user,
        channel=Notice.Channel.INBOX,
        sent_at__isnull=False,
    )
    return arrived.order_by("-sent_at", "-pk")


def count_unread(inbox: NoticeQuerySet) -> int:
    """Return the number of unread notices, at most MOST_COUNTED. Takes one query."""
    unread = inbox.filter(read_at=None).order_by().values_list("pk", flat=True)
    return len(unread[:MOST_COUNTED])


def mark_read(
    inbox: NoticeQuerySet, now: datetime, *, ids: Collection[int] | None = None
) -> int:
    """Mark these notices of an inbox as read, or all; return how many were unread."""
    unread = inbox.filter(read_at=None)
    if ids is not None:
        unread = unread.filter(pk__in=ids)
    return unread.order_by().update(read_at=now)
