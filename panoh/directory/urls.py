"""Addresses of the register of services."""

from django.urls import path

from panoh.directory.views import keeping, reading

app_name = "directory"
urlpatterns = [
    path("", reading.browse, name="list"),
    path("print/", reading.sheet, name="print"),
    path("folded/", reading.folded, name="folded"),
    path("keep/", reading.keep, name="keep"),
    path("missing/", reading.missing, name="missing"),
    path("add/", keeping.add, name="add"),
    path("<uuid:id>/", reading.entry, name="entry"),
    path("<uuid:id>/change/", keeping.change, name="change"),
    path("<uuid:id>/contacts/", keeping.contacts, name="contacts"),
    path("<uuid:id>/services/add/", keeping.add_service, name="add_service"),
    path("<uuid:id>/services/<uuid:service_id>/", keeping.service, name="service"),
    path("<uuid:id>/services/<uuid:service_id>/drop/", keeping.drop_service, name="drop_service"),
    path("<uuid:id>/checked/", keeping.checked, name="checked"),
    path("<uuid:id>/archive/", keeping.archive, name="archive"),
]
