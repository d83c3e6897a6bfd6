"""The page “Receive from Segment” of a workspace."""

from __future__ import annotations

from django.urls import URLPattern, path

from streams.portal.receive import views

urlpatterns: list[URLPattern] = [
    path("", views.receive, name="receive"),
    path("fresh/", views.receive_fresh, name="receive-fresh"),
    path("secret/", views.receive_secret, name="receive-secret"),
    path("test/", views.receive_test, name="receive-test"),
]
