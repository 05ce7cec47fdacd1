"""All addresses of the panel. Apps are named by string: the project's wiring knows them, `panel` does not."""

from django.urls import include, path

from .health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("account/", include("allauth.urls")),
    path("", include("panel.site_urls")),
    path("", include("domains.urls")),
    path("", include("diagnostics.urls")),
    path("", include("accounts.urls")),
]
