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
    path(f"{SERVICE}selected/", views.selected, name="selected"),
    path(f"{SERVICE}mx-hint/", views.mx_hint, name="mx_hint"),
    path(f"{SERVICE}delegation-hint/", views.delegation_hint, name="delegation_hint"),
    path(DOMAIN, views.domain, name="domain"),
    path(f"{DOMAIN}again/", views.check_again, name="check_again"),
    path(f"{DOMAIN}history/", views.history, name="history"),
    path(f"{DOMAIN}spf-tree/", views.spf_tree, name="spf_tree"),
    path(f"{DOMAIN}zone-file/", views.zone_file, name="zone_file"),
    path(f"{DOMAIN}instructions/", views.share, name="share"),
    path(f"{DOMAIN}instructions/<int:share_id>/revoke/", views.revoke, name="revoke"),
    path(f"{DOMAIN}checks/MX/not-yet/", views.postpone, name="postpone"),
    path(f"{DOMAIN}checks/<str:kind>/", views.change, name="change"),
    path(f"{DOMAIN}checks/<str:kind>/intended/", views.intended, name="intended"),
    path("red/", views.red, name="red"),
    path("red/everywhere/", views.red_everywhere, name="red_everywhere"),
    path("organizations/<str:code>/red/", views.red_of_organization, name="red_of_organization"),
    path("organizations/<str:code>/checks/again/", views.check_organization, name="check_organization"),
    path("staff/diagnostics/", views.operator, name="operator"),
    path("staff/diagnostics/release/", views.release_breaker, name="release_breaker"),
    path("dns/<str:token>/", views.shared, name="shared"),
    path("dns/<str:token>/again/", views.shared_again, name="shared_again"),
]
