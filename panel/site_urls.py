"""Addresses of the panel's own pages."""

from django.urls import path

from . import views

app_name = "panel"

urlpatterns = [
    path("", views.services, name="services"),
    path("services/<str:service_name>/", views.service_information, name="service"),
    path("services/<str:service_name>/activity/", views.service_activity, name="activity"),
    path("find/", views.find, name="find"),
    path("language/", views.language, name="language"),
]
