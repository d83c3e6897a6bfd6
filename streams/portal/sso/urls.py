"""URLs of single sign-on. allauth looks the two of OpenID Connect up by their names."""

from __future__ import annotations

from django.urls import URLPattern, path

from streams.portal.sso import find, settings_page, views

urlpatterns: list[URLPattern] = [
    path("", find.find, name="sso"),
    path("hint/", find.hint, name="sso-hint"),
    path("<slug:provider_id>/start/", views.start, name="openid_connect_login"),
    path(
        "<slug:provider_id>/callback/", views.callback, name="openid_connect_callback"
    ),
]
partner_pages: list[URLPattern] = [
    path("", settings_page.configuration, name="partner-sso"),
    path("test/", settings_page.test, name="partner-sso-test"),
    path("enforce/", settings_page.enforce, name="partner-sso-enforce"),
    path("passwords/", settings_page.allow_passwords, name="partner-sso-passwords"),
    path("remove/", settings_page.delete, name="partner-sso-remove"),
]
