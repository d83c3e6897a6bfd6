"""The list of a user's sessions, with a way to end each or all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from streams.sign_in import security_notices
from streams.sign_in.session_ending import end_session, end_sessions, open_sessions
from streams.web.recent_sign_in import confirmed, confirmed_changes

if TYPE_CHECKING:
    from streams.portal.shared.access import PortalRequest


@never_cache
@login_required
@confirmed
def sessions(request: PortalRequest) -> HttpResponse:
    """List the user's open sessions."""
    key = request.session.session_key
    context = {"sessions": open_sessions(request.user, current_key=key)}
    return render(request, "account/sessions.html", context)


@login_required
@require_POST
@confirmed_changes
def session_end(request: PortalRequest, pk: int) -> HttpResponse:
    """End one session, perhaps the current one."""
    if end_session(request.user, pk):
        security_notices.sessions_ended(request, request.user)
        messages.success(request, _("Signed out there."))
    return redirect("usersessions_list")


@login_required
@require_POST
@confirmed_changes
def sessions_end(request: PortalRequest) -> HttpResponse:
    """End all sessions of the user, also this one."""
    security_notices.sessions_ended(request, request.user)
    end_sessions(request.user)
    logout(request)
    messages.success(request, _("You're signed out everywhere."))
    # Not to the sign-in page: a form that leads there counts as sent without a session.
    return redirect("portal:home")
