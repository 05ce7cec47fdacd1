from __future__ import annotations

from django.urls import path

from . import views

app_name = "diagnostics"

SERVICE = "services/<str:service_name>/"
DOMAINS = f"{SERVICE}domains/"
DOMAIN = f"{DOMAINS}<str:domain_name>/"

urlpatterns = [
    path(DOMAINS, views.domains, name="domains"),
    path(f"{SERVICE}checks/", views.buttons, name="buttons"),
    path(f"{SERVICE}checks/again/", views.check_service, name="check_service"),
    path(f"{DOMAIN}again/", views.check_again, name="check_again"),
    path("organizations/<str:code>/checks/again/", views.check_organization, name="check_organization"),
]
