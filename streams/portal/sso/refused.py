"""The page of a refused sign-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from django.shortcuts import render

from streams.sign_in.sso.refusals import SENTENCES, Refusal

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

OF_CONFIRMATIONS = {Refusal.NO_AUTH_TIME, Refusal.OLD_SIGN_IN}

log = structlog.get_logger()


def refused(request: HttpRequest, reason: Refusal, provider_id: str) -> HttpResponse:
    """Return the page that says why no one was signed in, and what to do."""
    log.warning("sso.refused", provider=provider_id, reason=reason.value)
    context = {"sentence": SENTENCES[reason], "confirms": reason in OF_CONFIRMATIONS}
    response = render(request, "portal/sso/refused.html", context, status=403)
    response["Cache-Control"] = "no-store"
    return response
