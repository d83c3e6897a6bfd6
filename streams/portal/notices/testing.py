"""Send the user a test notice of a place, and show the status of the latest ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from streams.alerts.people.choices import places_of
from streams.alerts.people.testing import send_test
from streams.portal.notices.choices import choices_again, tests_of
from streams.portal.shared.access import (
    PortalRequest,
    partner_to_see,
    signed_in,
    workspace_to_see,
)

if TYPE_CHECKING:
    from streams.alerts.people.choices import Owner


@signed_in
@require_POST
def notice_test(
    request: PortalRequest, public_id: str = "", slug: str = ""
) -> HttpResponse:
    """Send a test by each channel."""
    owner = _owner(request, public_id, slug)
    if send_test(user=request.user, owner=owner):
        messages.success(request, _("Sending a test. The result appears below."))
    else:
        text = _("You sent several tests within an hour. Wait before you send another.")
        messages.error(request, text)
    return redirect(choices_again(request, owner))


@signed_in
def notice_tests_fresh(
    request: PortalRequest, public_id: str = "", slug: str = ""
) -> HttpResponse:
    """Render the part of the page that shows the latest tests and refreshes itself."""
    context = tests_of(request, _owner(request, public_id, slug))
    return render(request, "portal/notices/_tests.html", context)


def _owner(request: PortalRequest, public_id: str, slug: str) -> Owner:
    """Return a place in which the user gets notices. Raises Http404 for others."""
    owner: Owner
    if public_id:
        owner = workspace_to_see(request, public_id).workspace
    else:
        owner = partner_to_see(request, slug).partner
    if owner not in places_of(request.user):  # its partner only views it
        raise Http404
    return owner
