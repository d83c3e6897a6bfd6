"""The list of a partner's newest requests to the ingest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django import forms
from django.conf import settings
from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from redis import RedisError

from streams.base.clock import now
from streams.observability.requests.advice import ADVICE
from streams.observability.requests.refusals import RefusedCount, refused_of
from streams.observability.requests.store import (
    MOST_ENTRIES,
    InvalidPlace,
    LoggedRequest,
    newest,
)
from streams.portal.requests.wording import counts_of, title_of, tone_of
from streams.portal.shared.access import PortalRequest, partner_to_see, signed_in
from streams.portal.shared.filter_forms import FilterForm
from streams.portal.workspace.json_text import highlighted

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.utils.safestring import SafeString

PAGE_LENGTH = 50


class RequestFilterForm(FilterForm):
    """The filters of the list."""

    failed = forms.BooleanField(required=False, label=_("Only with errors"))


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request as the page shows it."""

    request: LoggedRequest
    at: datetime
    title: str
    counts: str
    tone: str
    shape: SafeString | str


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """The refused requests with a key and a status, with what to do about them."""

    counted: RefusedCount
    advice: str


@signed_in
def requests(request: PortalRequest, slug: str) -> HttpResponse:
    """List the requests of the partner's servers, newest first."""
    access = partner_to_see(request, slug)
    form = RequestFilterForm(request.GET)
    is_available = bool(settings.REDIS_URL)
    try:
        found = newest(
            access.partner.pk,
            before=request.GET.get("before", ""),
            failed=bool(form.values.get("failed")),
            limit=PAGE_LENGTH,
        )
    except InvalidPlace:
        raise Http404 from None
    except RedisError:
        found, is_available = [], False
    context = {
        "access": access,
        "form": form,
        "refused": [
            RefusedRow(counted, str(ADVICE[counted.status]))
            for counted in refused_of(access.partner, now())
        ],
        "rows": _rows([stored.request for stored in found]),
        "is_available": is_available,
        "is_first": "before" not in request.GET,
        "older": form.query(before=found[-1].id) if len(found) == PAGE_LENGTH else "",
        "most": MOST_ENTRIES,
    }
    return render(request, "portal/requests/requests.html", context)


def _rows(logged: list[LoggedRequest]) -> list[RequestRow]:
    """Return rows, newest first: several processes write the log, each once a second."""
    by_time = sorted(logged, key=lambda one: one.at_s, reverse=True)
    return [_row(one) for one in by_time]


def _row(logged: LoggedRequest) -> RequestRow:
    return RequestRow(
        request=logged,
        at=datetime.fromtimestamp(logged.at_s, tz=UTC),
        title=title_of(logged),
        counts=counts_of(logged),
        tone=tone_of(logged),
        shape=highlighted(logged.shape.encode()) if logged.shape else "",
    )
