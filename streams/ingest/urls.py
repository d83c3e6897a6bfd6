from __future__ import annotations

from django.urls import re_path

from streams.ingest.django_inbound import take_inbound
from streams.ingest.django_views import take_events

app_name = "ingest"

# Few patterns, because routes.py and inbound/requests.py define the paths for both ports.
urlpatterns = [
    re_path(r"^v1/inbound/.*$", take_inbound, name="inbound"),
    re_path(r"^v1/.*$", take_events, name="v1"),
]
