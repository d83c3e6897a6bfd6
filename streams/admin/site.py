from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

from allauth.account.decorators import secure_admin_login
from allauth.account.utils import get_next_redirect_url
from django.contrib.admin import AdminSite, autodiscover
from django.contrib.auth.views import LogoutView
from django.core.checks import CheckMessage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from streams.admin.home.model_groups import grouped
from streams.admin.home.recent import latest_figures
from streams.admin.home.tools import tools
from streams.admin.home.work_queue import work_queue
from streams.admin.monitoring.refused_requests import refused_requests
from streams.admin.notices import views as notices
from streams.admin.search.event_search import find_events
from streams.admin.search.views import results
from streams.admin.shared.base import staff_of
from streams.admin.shared.links import links_for
from streams.alerts.people.inbox import count_unread, inbox_of_operator
from streams.base.clock import now

if TYPE_CHECKING:
    from django.apps import AppConfig
    from django.urls import URLPattern, URLResolver


class StaffSite(AdminSite):
    """The admin, behind the portal's own sign-in, which limits password guesses.

    Django's own password forms have no such limit, so none of them can be reached.
    """

    site_header = _("Partner Portal admin")
    site_title = _("Partner Portal admin")
    index_title = _("Work queue")
    enable_nav_sidebar = False  # leaves more width for the tables

    def get_urls(self) -> list[URLPattern | URLResolver]:
        _register_tables()
        shown, options = self.admin_view, {"site": self}
        return [
            path("search/", shown(results), options, name="search"),
            path("search/events/", shown(find_events), options, name="search-events"),
            path(
                "refused-requests/",
                shown(refused_requests),
                options,
                name="refused-requests",
            ),
            path("inbox/", shown(notices.inbox), options, name="inbox"),
            path("inbox/read/", shown(notices.inbox_read), name="inbox-read"),
            path("inbox/<int:pk>/", shown(notices.inbox_notice), name="inbox-notice"),
            path(
                "notifications/",
                shown(notices.notifications),
                options,
                name="notifications",
            ),
            path(
                "notifications/test/",
                shown(notices.notice_test),
                name="notifications-test",
            ),
            *super().get_urls(),
        ]

    def admin_view[View: Callable[..., Any]](
        self,
        view: View,
        cacheable: bool = False,  # noqa: FBT001, FBT002 - Django's signature
    ) -> View:
        """Return the view for operators only. Its links and messages fit the operator."""

        @wraps(view)
        def for_operator(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            links_for(staff_of(request))
            return view(request, *args, **kwargs)

        return cast("View", super().admin_view(for_operator, cacheable))

    def check(self, app_configs: Sequence[AppConfig] | None) -> list[CheckMessage]:
        _register_tables()
        return super().check(app_configs)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Return what all pages show; the search page fills in the search box."""
        user = request.user
        sees_alerts = user.is_active and user.has_perm(notices.SEES_ALERTS)
        inbox = inbox_of_operator(staff_of(request)) if sees_alerts else None
        return {
            **super().each_context(request),
            "search_text": "",
            "sees_alerts": sees_alerts,
            "unread": count_unread(inbox) if inbox is not None else 0,
        }

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Show the portal's health, what waits for the operator, and the models by purpose."""
        at = now()
        figures = latest_figures(at)
        content = {
            "failing": figures.failing,
            "figures_at": figures.at,
            "work": work_queue(staff_of(request), figures, at),
            "tools": tools(staff_of(request)),
            "groups": [*grouped(self.get_app_list(request))],
        }
        return super().index(request, {**content, **(extra_context or {})})

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Redirect to the sign-in page, or onward if already signed in.

        Users who are signed in but are not operators get a 403.
        """
        guarded = secure_admin_login(_go_on)
        response: HttpResponse = guarded(request)
        return response

    def logout(  # type: ignore[override]  # the admin only returns it
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Sign out, and redirect to the sign-in page, which leads back to the admin."""
        # Not to the sign-in page itself: a POST that leads there gets the page
        # that keeps its form (web/kept_forms.py).
        return LogoutView.as_view(next_page=reverse("admin:index"))(request)

    def password_change(  # type: ignore[override]  # the admin only returns it
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Redirect to the portal's own page."""
        return redirect("account_change_password")


def _register_tables() -> None:
    """Register the admin's models.

    Importing them is slow, so only processes that serve the admin do it.
    """
    autodiscover()
    autodiscover_modules("admin.registry")


def _go_on(request: HttpRequest) -> HttpResponse:
    return redirect(get_next_redirect_url(request) or "admin:index")
