from django.urls import path

from . import views

app_name = "mailflow"

ACCOUNT = "services/<str:service_name>/accounts/<int:account_id>/"
INBOX = "organizations/<str:code>/inbox/"

urlpatterns = [
    path(f"{ACCOUNT}block/", views.block, name="block"),
    path(f"{ACCOUNT}unblock/", views.unblock, name="unblock"),
    path(INBOX, views.inbox, name="inbox"),
    path(f"{INBOX}<int:message_id>/", views.inbox_message, name="inbox_message"),
    path(f"{INBOX}<int:message_id>/delete/", views.inbox_delete, name="inbox_delete"),
]
