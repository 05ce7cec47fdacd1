from django.urls import path

from . import views

app_name = "accounts"

ACCOUNTS = "services/<str:service_name>/accounts/"
ONE = ACCOUNTS + "<int:account_id>/"
GROUP = ACCOUNTS + "groups/<int:group_id>/"
BULK = ACCOUNTS + "bulk/"
RUN = BULK + "<int:run_id>/"

urlpatterns = [
    path(ACCOUNTS, views.account_list, name="list"),
    path(ACCOUNTS + "export/", views.export, name="export"),
    path(ACCOUNTS + "order/", views.order, name="order"),
    path(ACCOUNTS + "cancel/", views.cancel_slots, name="cancel_slots"),
    path(ACCOUNTS + "domain-names/", views.domain_names, name="domain_names"),
    path(ACCOUNTS + "under-way/", views.progress, name="under_way"),
    path(ACCOUNTS + "select/", views.select, name="select"),
    path(ACCOUNTS + "password-rules/", views.password_rules, name="password_rules"),
    path(ACCOUNTS + "policy/", views.policy, name="policy"),
    path(ACCOUNTS + "catch-all/", views.catch_alls, name="catch_alls"),
    path(ACCOUNTS + "catch-all/<str:domain_name>/end/", views.end_catch_all, name="end_catch_all"),
    path(ACCOUNTS + "forwarding/", views.forwards, name="forwards"),
    path(ACCOUNTS + "groups/", views.groups, name="groups"),
    path(ACCOUNTS + "groups/new/", views.new_group, name="new_group"),
    path(GROUP, views.group, name="group"),
    path(GROUP + "change/", views.change_group, name="change_group"),
    path(GROUP + "members/remove/", views.remove_members, name="remove_members"),
    path(GROUP + "delete/", views.delete_group, name="delete_group"),
    path(ACCOUNTS + "retired/", views.retired, name="retired"),
    path(ACCOUNTS + "retired/<int:mailbox>/purge/", views.purge, name="purge"),
    path(ACCOUNTS + "retired/<int:mailbox>/restore/", views.restore, name="restore"),
    path(ONE, views.account, name="account"),
    path(ONE + "configure/", views.configure, name="configure"),
    path(ONE + "confirm/", views.confirm, name="confirm"),
    path(ONE + "devices/<int:device_id>/revoke/", views.revoke_device, name="revoke_device"),
    path(ONE + "aliases/", views.aliases, name="aliases"),
    path(ONE + "aliases/remove/", views.remove_aliases, name="remove_aliases"),
    path(ONE + "forwarding/", views.forwarding, name="forwarding"),
    path(ONE + "password/", views.password, name="password"),
    path(ONE + "link/", views.link, name="link"),
    path(ONE + "send-settings/", views.send_settings, name="send_settings"),
    path(ONE + "quota/", views.quota, name="quota"),
    path(ONE + "suspend/", views.change, {"verb": "suspend"}, name="suspend"),
    path(ONE + "resume/", views.change, {"verb": "resume"}, name="resume"),
    path(ONE + "reset/", views.change, {"verb": "reset"}, name="reset"),
    path(BULK, views.upload, name="upload"),
    path(BULK + "template/", views.template, name="template"),
    path(RUN, views.run, name="run"),
    path(RUN + "reshape/", views.reshape, name="reshape"),
    path(RUN + "columns/", views.columns, name="columns"),
    path(RUN + "mend/", views.mend, name="mend"),
    path(RUN + "rows/<int:number>/", views.row, name="row"),
    path(RUN + "rows/<int:number>/leave-out/", views.leave_out, name="leave_out"),
    path(RUN + "suggestions/", views.suggestions, name="suggestions"),
    path(RUN + "change-passwords/", views.change_passwords, name="change_passwords"),
    path(RUN + "forget/", views.forget, name="forget"),
    path(RUN + "again/", views.again, name="again"),
    path(RUN + "start/", views.start, name="start"),
    path(RUN + "stop/", views.stop, name="stop"),
    path(RUN + "go-on/", views.resume, name="resume_run"),
    path(RUN + "discard/", views.discard, name="discard"),
    path(RUN + "undo/", views.undo, name="undo"),
    path(RUN + "reasons/", views.reasons, name="reasons"),
    path(RUN + "results/", views.results, name="results"),
    path(RUN + "slips/", views.slips, name="slips"),
    path("orders/", views.orders, name="orders"),
    path("orders/<int:order_id>/approve/", views.approve_order, name="approve_order"),
    path("orders/<int:order_id>/refuse/", views.refuse_order, name="refuse_order"),
    path("orders/<int:order_id>/cancel/", views.cancel_order, name="cancel_order"),
    path("set-password/<str:token>/", views.set_password, name="set_password"),
]
