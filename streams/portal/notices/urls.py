from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import path

from streams.portal.notices import inbox

if TYPE_CHECKING:
    from streams.portal.stream_urls import Pages

urlpatterns: Pages = [
    path("", inbox.inbox, name="inbox"),
    path("read/", inbox.inbox_read, name="inbox-read"),
    path("<int:pk>/", inbox.inbox_notice, name="inbox-notice"),
]
