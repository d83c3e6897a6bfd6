"""The filters that a user saved for the lists of a workspace: in the bar, save, delete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from streams.portal.shared.access import (
    PortalRequest,
    WorkspaceAccess,
    signed_in,
    workspace_to_see,
)
from streams.tenancy.saved_filters.models import MAX_NAME, MAX_QUERY
from streams.tenancy.saved_filters.services import (
    MOST,
    TooManyFilters,
    delete_filter,
    save_filter,
    saved_filters,
)

if TYPE_CHECKING:
    from streams.portal.shared.filter_forms import FilterForm

# Lists of a workspace that have a filter bar, by the names of their URLs.
PAGES = ("events", "attempts", "issues", "quarantine")


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedLink:
    """A saved filter, and the URL query of its list with it."""

    pk: int
    name: str
    link: str
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedBar:
    """The saved filters of a list, and what the current filter would be saved as."""

    page: str
    links: list[SavedLink]
    query: str  # of the current filter; empty: there is nothing to save


class SaveForm(forms.Form):
    """The name of a filter, and what it is."""

    page = forms.ChoiceField(choices=[(page, page) for page in PAGES])
    name = forms.CharField(max_length=MAX_NAME, label=gettext_lazy("Name"))
    query = forms.CharField(max_length=MAX_QUERY)


def saved_bar(
    request: PortalRequest, access: WorkspaceAccess, page: str, form: FilterForm
) -> SavedBar:
    """Return the saved filters of a list, for its filter bar; one query."""
    query = form.filter_query
    found = saved_filters(request.user, access.workspace, page)
    return SavedBar(
        page=page,
        links=[
            SavedLink(
                pk=saved.pk,
                name=saved.name,
                link=form.link_to(saved.query),
                is_current=saved.query == query,
            )
            for saved in found
        ],
        query=query if form.is_valid() else "",
    )


@signed_in
@require_POST
def save(request: PortalRequest, public_id: str) -> HttpResponse:
    """Save the filter of a list under a name."""
    access = workspace_to_see(request, public_id)
    form = SaveForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Enter a name of at most 60 characters."))
        return redirect(_back(request, access))
    try:
        save_filter(user=request.user, workspace=access.workspace, **form.cleaned_data)
    except TooManyFilters:
        text = _("You have %(most)s saved filters for this list. Delete one first.")
        messages.error(request, text % {"most": MOST})
    else:
        text = _("Saved the filter as “%(name)s”.")
        messages.success(request, text % {"name": form.cleaned_data["name"]})
    return redirect(_back(request, access))


@signed_in
@require_POST
def delete(request: PortalRequest, public_id: str, pk: int) -> HttpResponse:
    """Delete one of the user's own filters."""
    access = workspace_to_see(request, public_id)
    delete_filter(user=request.user, workspace=access.workspace, pk=pk)
    messages.success(request, _("Deleted the saved filter."))
    return redirect(_back(request, access))


def _back(request: PortalRequest, access: WorkspaceAccess) -> str:
    """Return the URL of the list that the form was on, with its filter."""
    page = request.POST.get("page", "")
    query = QueryDict(request.POST.get("query", "")[:MAX_QUERY], mutable=True)
    query.update(access.query)
    url = reverse(
        f"portal:{page if page in PAGES else PAGES[0]}",
        args=[access.workspace.public_id],
    )
    return f"{url}?{query.urlencode()}"
