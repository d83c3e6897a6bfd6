from __future__ import annotations

from django.urls import include, path

from streams.portal import deliveries, events, home, overview

pages = [
    path("", home.home, name="home"),
    path("w/<public_id>/", overview.overview, name="overview"),
    path("w/<public_id>/fresh/", overview.overview_fresh, name="overview-fresh"),
    path("w/<public_id>/events/", events.events, name="events"),
    path("w/<public_id>/events/new/<int:after>/", events.events_new, name="events-new"),
    path("w/<public_id>/events/<int:seq>/", events.event, name="event"),
    path("w/<public_id>/deliveries/", deliveries.deliveries, name="deliveries"),
    path("w/<public_id>/deliveries/<int:pk>/", deliveries.delivery, name="delivery"),
]

urlpatterns = [
    path("", include((pages, "portal"))),
    path("accounts/", include("streams.portal.accounts")),
]
