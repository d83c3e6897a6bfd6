"""The page “Identity” of a workspace."""

from __future__ import annotations

from django.urls import URLPattern, path

from streams.portal.identity import views

urlpatterns: list[URLPattern] = [
    path("", views.identity, name="identity"),
    path("conflicts/<int:pk>/decide/", views.decide, name="identity-decide"),
]
