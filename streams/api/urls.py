from __future__ import annotations

from django.urls import path, re_path

from streams.api import (
    authentication,
    erasures,
    health,
    identities,
    person_exports,
    replays,
    suppressions,
)

app_name = "api"
urlpatterns = [
    path("healthz", health.alive, name="alive"),
    path("readyz", health.ready, name="ready"),
    path("readyz/details", health.details, name="ready-details"),
    path("api/v1/replays", replays.replays, name="replays"),
    path("api/v1/replays/<replay_id>", replays.replay, name="replay"),
    path(
        "api/v1/replays/<replay_id>/cancel", replays.replay_cancel, name="replay-cancel"
    ),
    path(
        "api/v1/workspaces/<path:workspace>/identities",
        identities.identities,
        name="identities",
    ),
    path(
        "api/v1/workspaces/<path:workspace>/identities/keys",
        identities.identity_keys,
        name="identity-keys",
    ),
    path(
        "api/v1/workspaces/<path:workspace>/privacy/suppressions",
        suppressions.suppressions,
        name="suppressions",
    ),
    path(
        "api/v1/workspaces/<path:workspace>/privacy/suppressions/remove",
        suppressions.suppressions_remove,
        name="suppressions-remove",
    ),
    path(
        "api/v1/workspaces/<path:workspace>/privacy/erasures",
        erasures.erasures,
        name="erasures",
    ),
    path(
        "api/v1/workspaces/<path:workspace>/privacy/exports",
        person_exports.person_exports,
        name="person-exports",
    ),
    path(
        "api/v1/workspaces/<path:workspace>/privacy/exports/<export_id>",
        person_exports.person_export,
        name="person-export",
    ),
    re_path(r"^api/.*$", authentication.unknown_path),
]
