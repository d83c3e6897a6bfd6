from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import include, path

from streams.portal.notices import choices, inbox, testing, unsubscribing

if TYPE_CHECKING:
    from streams.portal.stream_urls import Pages

inbox_pages: Pages = [
    path("", inbox.inbox, name="inbox"),
    path("read/", inbox.inbox_read, name="inbox-read"),
    path("<int:pk>/", inbox.inbox_notice, name="inbox-notice"),
]

choices_pages: Pages = [
    path("", choices.notifications, name="notifications"),
    path(
        "w/<public_id>/",
        choices.workspace_notifications,
        name="notifications-workspace",
    ),
    path("w/<public_id>/test/", testing.notice_test, name="notice-test"),
    path("w/<public_id>/fresh/", testing.notice_tests_fresh, name="notice-tests"),
    path("p/<slug:slug>/", choices.partner_notifications, name="notifications-partner"),
    path("p/<slug:slug>/test/", testing.notice_test, name="notice-test-partner"),
    path(
        "p/<slug:slug>/fresh/", testing.notice_tests_fresh, name="notice-tests-partner"
    ),
]

urlpatterns: Pages = [
    path("inbox/", include(inbox_pages), {"section": "inbox"}),
    path("notifications/", include(choices_pages), {"section": "notifications"}),
    path("unsubscribe/<token>/", unsubscribing.unsubscribe_page, name="unsubscribe"),
]
