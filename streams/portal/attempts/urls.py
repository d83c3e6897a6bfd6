from __future__ import annotations

from django.urls import path

from streams.portal.attempts import views

urlpatterns = [
    path("", views.deliveries, name="attempts"),
    path("errors/", views.delivery_errors, name="delivery-errors"),
    path("<int:pk>/", views.delivery, name="delivery"),
    path("<int:pk>/body.json", views.delivery_body, name="delivery-body"),
]
