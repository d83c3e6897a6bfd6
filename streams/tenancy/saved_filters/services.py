"""Save and delete filters. They are a user's own, so the activity log has no entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from streams.tenancy.models import User
from streams.tenancy.saved_filters.models import SavedFilter

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from streams.tenancy.models import Workspace

MOST = 20  # of one user for one list of a workspace


class TooManyFilters(ValueError):
    """The user already has MOST filters for this list."""


def saved_filters(user: User, workspace: Workspace, page: str) -> QuerySet[SavedFilter]:
    """Return the user's filters of one list, by name."""
    own = SavedFilter.objects.filter(user=user, workspace=workspace, page=page)
    return own.order_by("name")


@transaction.atomic
def save_filter(
    *, user: User, workspace: Workspace, page: str, name: str, query: str
) -> SavedFilter:
    """Save a filter, in place of one with the same name. Raises TooManyFilters."""
    # So that of two requests at once, the second counts the filter of the first.
    list(User.objects.select_for_update(no_key=True).filter(pk=user.pk))
    own = saved_filters(user, workspace, page)
    if not own.filter(name=name).exists() and own.count() >= MOST:
        raise TooManyFilters
    saved, _is_new = SavedFilter.objects.update_or_create(
        user=user, workspace=workspace, page=page, name=name, defaults={"query": query}
    )
    return saved


def delete_filter(*, user: User, workspace: Workspace, pk: int) -> None:
    """Delete one of the user's filters, if it still exists."""
    SavedFilter.objects.filter(user=user, workspace=workspace, pk=pk).delete()
