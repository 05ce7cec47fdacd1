from django.urls import path

from . import views

app_name = "mailflow"

ACCOUNT = "services/<str:service_name>/accounts/<int:account_id>/"
TRACE = "organizations/<str:code>/trace/"
SPAM = "services/<str:service_name>/domains/<str:domain_name>/spam/"
INBOX = "organizations/<str:code>/inbox/"

urlpatterns = [
    path(f"{ACCOUNT}block/", views.block, name="block"),
    path(f"{ACCOUNT}unblock/", views.unblock, name="unblock"),
    path("staff/queue/", views.queue, name="queue"),
    path("staff/queue/act/", views.queue_act, name="queue_act"),
    path("staff/platforms/<str:platform_slug>/mail/", views.platform, name="platform"),
    path("staff/platforms/<str:platform_slug>/mail/check/", views.platform_check, name="platform_check"),
    path("staff/platforms/<str:platform_slug>/mail/zone/", views.platform_zone, name="platform_zone"),
    path("staff/trace/", views.staff_trace, name="staff_trace"),
    path("staff/trace/<int:traced_id>/", views.staff_trace_message, name="staff_trace_message"),
    path(TRACE, views.trace, name="trace"),
    path(f"{TRACE}<int:traced_id>/", views.trace_message, name="trace_message"),
    path(SPAM, views.spam, name="spam"),
    path(f"{SPAM}senders/<int:listed_id>/forget/", views.spam_forget, name="spam_forget"),
    path(INBOX, views.inbox, name="inbox"),
    path(f"{INBOX}<int:message_id>/", views.inbox_message, name="inbox_message"),
    path(f"{INBOX}<int:message_id>/delete/", views.inbox_delete, name="inbox_delete"),
]
