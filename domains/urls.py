from __future__ import annotations

from django.urls import path

from . import views

app_name = "domains"

SERVICE = "services/<str:service_name>/"
DOMAIN = f"{SERVICE}domains/<str:domain_name>/"
CHANGE = f"{SERVICE}changes/<int:change_id>/"
PROVIDERS = "organizations/<str:code>/dns/"
PROVIDER = f"{PROVIDERS}<int:provider_id>/"

urlpatterns = [
    path(f"{SERVICE}attach/", views.attach, name="attach"),
    path(f"{SERVICE}attach/mode/", views.attach_mode, name="attach_mode"),
    path(f"{SERVICE}attach/records/", views.attach_records, name="attach_records"),
    path(f"{SERVICE}attach/review/", views.attach_review, name="attach_review"),
    path(f"{SERVICE}attach/list/", views.attach_many, name="attach_many"),
    path(f"{SERVICE}plans/", views.apply_many, name="apply_many"),
    path(f"{SERVICE}modes/", views.mode_many, name="mode_many"),
    path(f"{DOMAIN}mode/", views.mode, name="mode"),
    path(f"{DOMAIN}detach/", views.detach, name="detach"),
    path(f"{DOMAIN}footer/", views.footer, name="footer"),
    path(f"{DOMAIN}footer/preview/", views.footer_preview, name="footer_preview"),
    path(f"{DOMAIN}footer/remove/", views.footer_remove, name="footer_remove"),
    path(f"{DOMAIN}dkim/by-cname/", views.host_keys, name="host_keys"),
    path(f"{DOMAIN}dkim/rotate/", views.rotate, name="rotate"),
    path(f"{DOMAIN}plan/", views.plan, name="plan"),
    path(f"{DOMAIN}plan/card/", views.plan_card, name="plan_card"),
    path(f"{SERVICE}changes/", views.changes, name="changes"),
    path(CHANGE, views.change, name="change"),
    path(f"{CHANGE}undo/", views.change_undo, name="change_undo"),
    path(f"{CHANGE}policy/", views.change_policy, name="change_policy"),
    path(f"{CHANGE}again/", views.change_again, name="change_again"),
    path(PROVIDERS, views.providers, name="providers"),
    path(f"{PROVIDERS}new/<str:kind>/", views.provider_new, name="provider_new"),
    path(PROVIDER, views.provider, name="provider"),
    path(f"{PROVIDER}test/", views.provider_test, name="provider_test"),
    path(f"{PROVIDER}zones/", views.zones_list, name="zones_list"),
    path(f"{PROVIDER}zones/add/", views.zones_add, name="zones_add"),
    path(f"{PROVIDER}zones/<int:zone_id>/remove/", views.zone_remove, name="zone_remove"),
    path(f"{PROVIDER}remove/", views.provider_remove, name="provider_remove"),
    path("operator/disputes/", views.disputes, name="disputes"),
    path("operator/disputes/<int:dispute_id>/", views.dispute, name="dispute"),
]
