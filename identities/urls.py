from django.urls import path

from .views import settings, signing_in, yourself

app_name = "identities"

ORGANIZATION = "organizations/<str:code>/sign-in/"
THEIRS = "sign-in/organization/<str:code>/"
OURS = "sign-in/operator/"

urlpatterns = [
    path("sign-in/", signing_in.choose, name="choose"),
    path("sign-in/finish/", signing_in.finish, name="finish"),
    path(THEIRS, signing_in.go, name="go"),
    path(f"{THEIRS}callback/", signing_in.callback, name="callback"),
    path(f"{THEIRS}invitation/<str:token>/", signing_in.join, name="join"),
    path(OURS, signing_in.go, name="operator_go"),
    path(f"{OURS}callback/", signing_in.callback, name="operator_callback"),
    path(ORGANIZATION, settings.provider, name="provider"),
    path(f"{ORGANIZATION}remove/", settings.remove, name="remove"),
    path("staff/sign-in/", settings.provider, name="operator_provider"),
    path("staff/sign-in/remove/", settings.remove, name="operator_remove"),
    path("you/identities/", yourself.identities, name="yours"),
    path("you/identities/<int:provider_id>/link/", yourself.link, name="link"),
    path("you/identities/<int:identity_id>/unlink/", yourself.unlink, name="unlink"),
]
