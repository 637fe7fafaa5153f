"""Addresses of the register of services."""

from django.urls import path

from panoh.directory import views

app_name = "directory"
urlpatterns = [
    path("", views.browse, name="list"),
    path("print/", views.sheet, name="print"),
    path("folded/", views.folded, name="folded"),
    path("keep/", views.keep, name="keep"),
    path("add/", views.add, name="add"),
    path("<uuid:id>/", views.entry, name="entry"),
    path("<uuid:id>/change/", views.change, name="change"),
    path("<uuid:id>/contacts/", views.contacts, name="contacts"),
    path("<uuid:id>/services/add/", views.add_service, name="add_service"),
    path("<uuid:id>/services/<uuid:service_id>/", views.service, name="service"),
    path("<uuid:id>/services/<uuid:service_id>/drop/", views.drop_service, name="drop_service"),
    path("<uuid:id>/checked/", views.checked, name="checked"),
    path("<uuid:id>/archive/", views.archive, name="archive"),
]
