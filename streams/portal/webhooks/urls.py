"""The pages of webhook endpoints, which workspaces and partners both have."""

from __future__ import annotations

from django.urls import URLPattern, path

from streams.portal.webhooks import views


def pages(prefix: str = "") -> list[URLPattern]:
    """Return the pages, with names that start with `prefix`."""
    one = "<endpoint_id>/"
    return [
        path("", views.webhooks, name=f"{prefix}webhooks"),
        path(one, views.webhook, name=f"{prefix}webhook"),
        path(f"{one}fresh/", views.fresh, name=f"{prefix}webhook-fresh"),
        path(f"{one}secret/", views.secret, name=f"{prefix}webhook-secret"),
        path(f"{one}test/", views.test, name=f"{prefix}webhook-test"),
        path(f"{one}enable/", views.enable, name=f"{prefix}webhook-enable"),
        path(f"{one}delete/", views.delete, name=f"{prefix}webhook-delete"),
    ]
