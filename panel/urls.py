"""All addresses of the panel. Apps are named by string: the project's wiring knows them, `panel` does not."""

from django.urls import include, path

from .health import healthz, readyz
from .views.metrics import metrics
from .views.people import email_address

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("account/email/", email_address, name="account_email"),
    path("account/", include("allauth.urls")),
    path("", include("panel.site_urls")),
    path("", include("domains.urls")),
    path("", include("identities.urls")),
    path("", include("diagnostics.urls")),
    path("", include("accounts.urls")),
    path("mailbox/", include("accounts.mailbox.urls")),
    path("", include("mailflow.urls")),
    path("", include("api.urls")),
]

handler400 = "panel.views.errors.bad_request"
handler403 = "panel.views.errors.forbidden"
handler404 = "panel.views.errors.not_found"
handler500 = "panel.views.errors.failed"
