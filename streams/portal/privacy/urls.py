"""The page “Privacy” of a workspace."""

from __future__ import annotations

from django.urls import URLPattern, path

from streams.portal.privacy import views

urlpatterns: list[URLPattern] = [
    path("", views.privacy, name="privacy"),
]
