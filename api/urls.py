from django.urls import path

from . import operations  # noqa: F401 - they register themselves
from .framework import api
from .views import openapi, pages

app_name = "api"

ORGANIZATION = "organizations/<str:code>/api/"
STAFF = "staff/api/"

urlpatterns = [
    path("api/v1/openapi.json", openapi.openapi, name="openapi"),
    path("api/v1/", api.urls),
]
for prefix, name in ((ORGANIZATION, ""), (STAFF, "staff_")):
    urlpatterns += [
        path(prefix, pages.overview, name=f"{name}overview"),
        path(f"{prefix}tokens/", pages.new_token, name=f"{name}new_token"),
        path(f"{prefix}tokens/<int:token_id>/revoke/", pages.revoke, name=f"{name}revoke_token"),
        path(f"{prefix}webhooks/", pages.new_webhook, name=f"{name}new_webhook"),
        path(f"{prefix}webhooks/<int:webhook_id>/", pages.webhook, name=f"{name}webhook"),
        path(f"{prefix}webhooks/<int:webhook_id>/test/", pages.send_test, name=f"{name}test_webhook"),
        path(f"{prefix}webhooks/<int:webhook_id>/secret/", pages.new_secret, name=f"{name}new_secret"),
        path(f"{prefix}webhooks/<int:webhook_id>/switch/", pages.switch, name=f"{name}switch_webhook"),
        path(
            f"{prefix}webhooks/<int:webhook_id>/deliveries/<int:delivery_id>/again/",
            pages.repeat_delivery,
            name=f"{name}repeat_delivery",
        ),
        path(f"{prefix}webhooks/<int:webhook_id>/remove/", pages.remove, name=f"{name}remove_webhook"),
    ]
