from django.urls import path

from . import views

app_name = "mailflow"

ACCOUNT = "services/<str:service_name>/accounts/<int:account_id>/"

urlpatterns = [
    path(f"{ACCOUNT}block/", views.block, name="block"),
    path(f"{ACCOUNT}unblock/", views.unblock, name="unblock"),
]
