from __future__ import annotations

from django.urls import re_path

from streams.ingest.django_views import take_events

app_name = "ingest"

# One pattern, because routes.py defines the paths for both ports.
urlpatterns = [re_path(r"^v1/.*$", take_events, name="v1")]
