from django.urls import path

from . import rules, views

app_name = "mailbox"

urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("password/", views.password, name="password"),
    path("app-passwords/", views.devices, name="devices"),
    path("app-passwords/revoke/", views.revoke, name="revoke"),
    path("forwarding/", views.forwarding, name="forwarding"),
    path("rules/", rules.rules, name="rules"),
    path("rules/new/", rules.new_rule, name="new_rule"),
    path("rules/<int:rule_id>/", rules.rule, name="rule"),
    path("rules/<int:rule_id>/move/", rules.move_rule, name="move_rule"),
    path("rules/<int:rule_id>/switch/", rules.switch_rule, name="switch_rule"),
    path("rules/<int:rule_id>/delete/", rules.delete_rule, name="delete_rule"),
    path("auto-reply/", rules.auto_reply, name="auto_reply"),
    path("settings/", views.client_settings, name="settings"),
    path("sign-ins/", views.sign_ins, name="sign_ins"),
]
