"""One-click unsubscription from emails about alerts (RFC 8058), without a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt

from streams.alerts.models import Alert
from streams.alerts.people.unsubscribing import InvalidLink, check, unsubscribe

if TYPE_CHECKING:
    from django.http import HttpRequest


@csrf_exempt  # the email program of the recipient posts without a session, and cookies are ignored
def unsubscribe_page(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for confirmation, and unsubscribe when it is posted.

    The pages name neither the person nor the place: whoever has the email has the link.
    """
    template, status = "portal/notices/unsubscribe.html", 200
    try:
        if request.method == "POST":
            unsubscribe(token, Alert.Condition.values)
            template = "portal/notices/unsubscribed.html"
        else:
            check(token)
    except InvalidLink:
        template, status = "portal/notices/unsubscribe_invalid.html", 404
    response = render(request, template, status=status)
    add_never_cache_headers(response)
    return response
