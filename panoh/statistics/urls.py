"""Addresses of estimates and releases; keys only."""

from django.urls import path

from panoh.statistics import views

app_name = "statistics"
urlpatterns = [
    path("", views.listed, name="list"),
    path("estimate/", views.estimate, name="estimate"),
    path("release/", views.release, name="release"),
    path("leavers/", views.leavers, name="leavers"),
    path("ledger/", views.ledger, name="ledger"),
    path("<uuid:output_id>/", views.show, name="show"),
    path("<uuid:output_id>/allow/", views.allow, name="allow"),
    path("<uuid:output_id>/ask/", views.ask, name="ask"),
    path("<uuid:output_id>/sign/", views.sign, name="sign"),
    path("<uuid:output_id>/publish/", views.publish, name="publish"),
    path("<uuid:output_id>/refuse/", views.refuse, name="refuse"),
    path("<uuid:output_id>/withdraw/", views.withdraw, name="withdraw"),
    path("<uuid:output_id>/file/<str:code>/", views.file, name="file"),
]
