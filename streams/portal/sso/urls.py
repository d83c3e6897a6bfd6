"""URLs of single sign-on. allauth looks the two of OpenID Connect up by their names."""

from __future__ import annotations

from django.urls import URLPattern, path

from streams.portal.sso import views

urlpatterns: list[URLPattern] = [
    path("<slug:provider_id>/start/", views.start, name="openid_connect_login"),
    path(
        "<slug:provider_id>/callback/", views.callback, name="openid_connect_callback"
    ),
]
