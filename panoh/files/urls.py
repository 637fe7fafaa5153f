"""Addresses of documents."""

from django.urls import path

from panoh.files import views

urlpatterns = [
    path("paper/<str:token>/", views.paper, name="files_paper"),
    path("<str:ref>/<uuid:document_id>/", views.download, name="files_download"),
]
