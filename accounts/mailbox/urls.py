from django.urls import path

from . import views

app_name = "mailbox"

urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("password/", views.password, name="password"),
    path("app-passwords/", views.devices, name="devices"),
    path("app-passwords/revoke/", views.revoke, name="revoke"),
    path("forwarding/", views.forwarding, name="forwarding"),
    path("settings/", views.client_settings, name="settings"),
    path("sign-ins/", views.sign_ins, name="sign_ins"),
]
