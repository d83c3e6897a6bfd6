"""Shows the portal as another user to an operator who started this, and refuses every change.

A page can't write by mistake: while the view runs, the database connection refuses all but
reading.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from streams.sign_in import impersonation
from streams.tenancy.models import Partner, Workspace

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.urls import ResolverMatch

    from streams.sign_in.impersonation import Impersonation

READING = {"GET", "HEAD", "OPTIONS"}
# Statements that change no row. Reading also opens savepoints and locks rows.
_READS = re.compile(
    r"\s*\(?\s*(SELECT|WITH|VALUES|EXPLAIN|SHOW|SET|PRAGMA|BEGIN|COMMIT|ROLLBACK|SAVEPOINT"
    r"|RELEASE|DECLARE|FETCH|CLOSE)\b",
    re.IGNORECASE,
)
_WRITES = re.compile(r"\b(INSERT\s+INTO|DELETE\s+FROM|UPDATE\s+\")", re.IGNORECASE)
# Pages about a person's own account, such as recovery codes, are not for others to see.
_ACCOUNT = "accounts/"
_SIGN_OUT = "account_logout"


class ImpersonationMiddleware:
    """Replaces the user of portal pages, and only of these: the admin stays the operator's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return self.get_response(request)
        with connection.execute_wrapper(_ReadOnly(request)):
            response = self.get_response(request)
        seen = _impersonation(request)
        if seen is not None and response.status_code == 200:
            _note(request, seen)
        return response

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        """Replace the user, or refuse what an operator may not do as another user."""
        match = request.resolver_match
        if match is None or not (_is_portal(match) or _is_account(match)):
            return None
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return None
        if not impersonation.is_stored(request.session):
            return None
        found = impersonation.current(request)
        if found is None:
            messages.info(request, _("You no longer view the portal as another user."))
            return redirect("admin:streams_user_changelist")
        if not _is_portal(match):
            text = _("First stop viewing the portal as %(user)s.")
            raise PermissionDenied(text % {"user": found.user.email})
        request.__dict__["impersonation"] = found
        request.user = found.user
        if request.method not in READING:
            raise PermissionDenied(_refusal(found))
        return None


class _ReadOnly:
    """Refuses to write while a page is shown as another user."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    def __call__(
        self, execute: Any, sql: str, params: Any, many: Any, context: Any
    ) -> Any:
        found = _impersonation(self._request)
        if found and (not _READS.match(sql) or _WRITES.search(sql)):
            raise PermissionDenied(_refusal(found))
        return execute(sql, params, many, context)


def _is_portal(match: ResolverMatch) -> bool:
    return "portal" in match.namespaces or match.url_name == "search"


def _is_account(match: ResolverMatch) -> bool:
    return match.route.startswith(_ACCOUNT) and match.url_name != _SIGN_OUT


def _impersonation(request: HttpRequest) -> Impersonation | None:
    return request.__dict__.get("impersonation")


def _refusal(found: Impersonation) -> str:
    text = _("You view the portal as %(user)s, and can't change anything.")
    return text % {"user": found.user.email}


def _note(request: HttpRequest, seen: Impersonation) -> None:
    """Record the partner or workspace of the page."""
    of = request.resolver_match.kwargs if request.resolver_match else {}
    tenant: Partner | Workspace | None = None
    if "public_id" in of:
        tenant = Workspace.objects.filter(public_id=of["public_id"]).first()
    elif "slug" in of:
        tenant = Partner.objects.filter(slug=of["slug"]).first()
    if tenant is not None:
        impersonation.note(request.session, seen, tenant)
