"""A partner's list of customers, those in trouble first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django import forms
from django.core.paginator import Paginator
from django.db.models import Count
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from streams.alerts.models import Alert
from streams.base.clock import now
from streams.observability.customer_list import (
    CustomerFilter,
    CustomerOrder,
    customers,
)
from streams.observability.feed_state.states import TROUBLE, FeedState
from streams.observability.issues.queries import day_counts
from streams.portal.shared.access import PortalRequest, partner_to_see, signed_in
from streams.portal.shared.form_choices import number_in
from streams.portal.workspace.summaries import rows
from streams.sign_in.second_factor.workspaces import opens_all_workspaces

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from django.http import HttpResponse
    from django_stubs_ext import StrOrPromise

    from streams.observability.customer_list import CustomerPage, CustomerRow
    from streams.portal.workspace.summaries import FeedSummary
    from streams.tenancy.models import Partner, Workspace

PAGE_LENGTH = 50
MOST_ROWS = 1_000_000  # more than any partner has
IN_TROUBLE = "trouble"
WITH_ISSUES = "yes"

# One line each, below the list, for the statuses that its customers have.
MEANINGS: Mapping[FeedState, StrOrPromise] = {
    FeedState.ATTENTION: _(
        "Delivery has stopped: Segment rejects the key or the events. The customer has to"
        " fix the connection."
    ),
    FeedState.UNKNOWN_KEY: _(
        "Segment drops the events, because it doesn't recognize the write key. The customer"
        " has to replace it."
    ),
    FeedState.RETRYING: _("Delivery fails at the moment. The portal keeps retrying."),
    FeedState.OPERATOR: _("The operator of this portal has to correct a setting."),
    FeedState.UNVERIFIED: _(
        "Events are sent, but the customer hasn't confirmed yet that a test event arrived"
        " in Segment."
    ),
    FeedState.UNCONNECTED: _(
        "The customer hasn't connected Segment yet. Events stay queued until then."
    ),
    FeedState.PAUSED: _(
        "The customer or the operator paused delivery. Events stay queued."
    ),
    FeedState.AWAITING_APPROVAL: _(
        "Events stay queued until the stream is approved. Test workspaces don't wait for"
        " that."
    ),
    FeedState.NO_STREAM: _("The workspace hasn't received events of any stream yet."),
}
STATUSES: Mapping[str, frozenset[FeedState]] = {
    IN_TROUBLE: TROUBLE,
    **{state.name.lower(): frozenset({state}) for state in FeedState},
}


KINDS: Mapping[str, bool | None] = {"": None, "customers": False, "test": True}


class CustomerFilterForm(forms.Form):
    """The filters and the order of the list; a value that cannot be read is ignored."""

    q = forms.CharField(
        required=False, max_length=100, label=_("Name or your ID starts with")
    )
    kind = forms.ChoiceField(
        required=False,
        label=_("Kind"),
        choices=[
            ("", _("All workspaces")),
            ("customers", _("Without test workspaces")),
            ("test", _("Test workspaces")),
        ],
    )
    issues = forms.ChoiceField(
        required=False,
        label=_("Issues"),
        choices=[("", _("With or without")), (WITH_ISSUES, _("In the last 24 hours"))],
    )
    status = forms.ChoiceField(
        required=False,
        choices=[(status, status) for status in STATUSES],
        widget=forms.HiddenInput,
    )
    sort = forms.ChoiceField(
        required=False,
        choices=[(order, order) for order in CustomerOrder],
        widget=forms.HiddenInput,
    )

    def filters(self) -> CustomerFilter:
        self.is_valid()
        return CustomerFilter(
            text=self.cleaned_data.get("q", ""),
            states=STATUSES.get(self.cleaned_data.get("status", ""), frozenset()),
            is_test=KINDS.get(self.cleaned_data.get("kind", "")),
            has_issues=self.cleaned_data.get("issues") == WITH_ISSUES,
        )

    def order(self) -> CustomerOrder:
        self.is_valid()
        return CustomerOrder(self.cleaned_data.get("sort") or CustomerOrder.TROUBLE)


@dataclass(frozen=True, slots=True)
class StatusLink:
    """A link to the customers of one status, with their number."""

    status: str  # empty: all
    word: StrOrPromise
    count: int


@signed_in
def workspaces(request: PortalRequest, slug: str) -> HttpResponse:
    """List the partner's customers with their status: those in trouble first.

    Without those that require a second factor that the session lacks.
    """
    access = partner_to_see(request, slug)
    form = CustomerFilterForm(request.GET)
    entered = form.filters()
    opens_all = opens_all_workspaces(request, request.user)
    filters = replace(entered, opens_all=opens_all)
    number = number_in(request.GET, "page") or 1
    found = _page(access.partner, filters, form.order(), number)
    total = sum(found.counts.get(state, 0) for state in filters.states or FeedState)
    page = Paginator(range(total), PAGE_LENGTH).get_page(number)
    if page.number != number:  # beyond the last page
        found = _page(access.partner, filters, form.order(), page.number)
    context = {
        "access": access,
        "form": form,
        "query": filters.text,
        "filtered": entered != CustomerFilter(),
        "sort": form.order(),
        "status": form.cleaned_data.get("status", ""),
        "statuses": list(_status_links(found.counts)),
        "meanings": [
            (state.word, MEANINGS[state])
            for state in sorted(found.counts)
            if state in MEANINGS and state in (filters.states or FeedState)
        ],
        "page": page,
        "rows": _summaries(access.partner, found.rows),
        "several_streams": access.partner.streams.count() > 1,
    }
    return render(request, "portal/partner/workspaces.html", context)


def _page(
    partner: Partner, filters: CustomerFilter, order: CustomerOrder, number: int
) -> CustomerPage:
    return customers(
        partner,
        filters=filters,
        order=order,
        now=now(),
        offset=min(PAGE_LENGTH * (number - 1), MOST_ROWS),
        limit=PAGE_LENGTH,
    )


def _status_links(counts: Mapping[FeedState, int]) -> Iterator[StatusLink]:
    """Yield a link to each status that a customer has; with one status, only all."""
    yield StatusLink("", _("All"), sum(counts.values()))
    if trouble := sum(counts.get(state, 0) for state in TROUBLE):
        yield StatusLink(IN_TROUBLE, _("In trouble"), trouble)
    for state in sorted(counts):
        yield StatusLink(state.name.lower(), state.word, counts[state])


def _summaries(partner: Partner, found: Sequence[CustomerRow]) -> list[FeedSummary]:
    """Return the summary of each row, in the order of the rows."""
    ids = {row.workspace_id for row in found}
    own: Sequence[Workspace] = list(partner.workspaces.filter(pk__in=ids))
    summaries = {
        (one.workspace.pk, one.feed.pk if one.feed else None): one
        for one in rows(own, now())
    }
    problems = Alert.objects.problems().filter(workspace__in=ids).order_by()
    alerts = dict(problems.values_list("feed").annotate(Count("pk")))
    issues = day_counts([row.feed_id for row in found if row.feed_id], now())
    return [
        replace(
            summaries[place],
            volume=row.volume,
            alerts=alerts.get(row.feed_id, 0),
            issues=issues.get(row.feed_id or 0, 0),
        )
        for row in found
        if (place := (row.workspace_id, row.feed_id)) in summaries
    ]
