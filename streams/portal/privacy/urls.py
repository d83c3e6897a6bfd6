"""The page “Privacy” of a workspace."""

from __future__ import annotations

from django.urls import URLPattern, path

from streams.portal.privacy import suppression, views

urlpatterns: list[URLPattern] = [
    path("", views.privacy, name="privacy"),
    path("fresh/", views.privacy_fresh, name="privacy-fresh"),
    path("export/", views.privacy_export, name="privacy-export"),
    path("erase/", views.privacy_erase, name="privacy-erase"),
    path("suppress/", suppression.privacy_suppress, name="privacy-suppress"),
    path("unsuppress/", suppression.privacy_unsuppress, name="privacy-unsuppress"),
    path("deletions/", suppression.privacy_deletions, name="privacy-deletions"),
]
