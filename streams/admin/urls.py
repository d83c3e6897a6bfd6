from __future__ import annotations

from django.contrib import admin
from django.urls import path
from django.views.generic import RedirectView

from streams.admin.components import components_page
from streams.admin.outbox import outbox

_ISSUES = RedirectView.as_view(
    url="/admin/streams/issuekind/%(rest)s", permanent=True, query_string=True
)

urlpatterns = [
    # The former address of issues, which people may have bookmarked.
    path("admin/streams/findingkind/", _ISSUES, {"rest": ""}),
    path("admin/streams/findingkind/<path:rest>", _ISSUES),
    path(
        "admin/components/", admin.site.admin_view(components_page), name="components"
    ),
    path("admin/outbox/", admin.site.admin_view(outbox), name="outbox"),
    path("admin/", admin.site.urls),
]
