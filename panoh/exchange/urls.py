"""Addresses of imports."""

from django.urls import path

from panoh.exchange import views

app_name = "exchange"

urlpatterns = [
    path("import/", views.bring, name="import"),
    path("import/<uuid:run_id>/", views.show, name="show"),
    path("import/<uuid:run_id>/back/<str:code>/", views.back, name="back"),
    path("import/<uuid:run_id>/<str:verb>/", views.act, name="act"),
]
