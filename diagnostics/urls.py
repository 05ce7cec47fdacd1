from django.urls import path

from . import views

app_name = "diagnostics"

urlpatterns = [
    path("services/<str:service_name>/domains/", views.domains, name="domains"),
]
