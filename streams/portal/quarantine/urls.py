from __future__ import annotations

from django.urls import path

from streams.portal.quarantine import lists, resolve

workspace_pages = [
    path("", lists.workspace_quarantine, name="quarantine"),
    path("<int:pk>/", lists.workspace_event, name="quarantined-event"),
    path("decide/", resolve.workspace_decide, name="quarantine-decide"),
    path("stop/", resolve.workspace_stop, name="quarantine-stop"),
    path("mode/", lists.workspace_mode, name="quarantine-mode"),
]


stream_pages = [
    path("", lists.stream_quarantine, name="partner-stream-quarantine"),
    path(
        "<int:pk>/",
        lists.stream_event,
        name="partner-stream-quarantined-event",
    ),
    path(
        "decide/",
        resolve.stream_decide,
        name="partner-stream-quarantine-decide",
    ),
    path("stop/", resolve.stream_stop, name="partner-stream-quarantine-stop"),
]
