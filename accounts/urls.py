from django.urls import path

from . import views

app_name = "accounts"

urlpatterns = [
    path("services/<str:service_name>/accounts/", views.account_list, name="list"),
]
