from __future__ import annotations

from django.urls import path

from streams.portal.event import views

urlpatterns = [
    path("", views.event, name="event"),
    path("event.json", views.event_json, name="event-json"),
]
