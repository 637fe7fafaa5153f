"""Addresses of charges; references and keys only."""

from django.urls import path

from panoh.justice import views

app_name = "justice"
urlpatterns = [
    path("<str:ref>/", views.charges, name="charges"),
    path("<str:ref>/enter/", views.enter, name="enter"),
    path("<str:ref>/<uuid:charge_id>/notice/", views.notice, name="notice"),
    path("<str:ref>/<uuid:charge_id>/end/", views.end, name="end"),
]
