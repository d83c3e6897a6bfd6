"""The pages about uploads of userIds, below “Identity”."""

from __future__ import annotations

from django.urls import URLPattern, path

from streams.portal.uploads import views

urlpatterns: list[URLPattern] = [
    path("", views.uploads, name="uploads"),
    path("<upload_id>/", views.upload, name="upload"),
    path("<upload_id>/fresh/", views.upload_fresh, name="upload-fresh"),
    path("<upload_id>/part/", views.upload_part, name="upload-part"),
    path("<upload_id>/apply/", views.upload_apply, name="upload-apply"),
    path("<upload_id>/delete/", views.upload_delete, name="upload-delete"),
    path("<upload_id>/report/", views.upload_report, name="upload-report"),
]
