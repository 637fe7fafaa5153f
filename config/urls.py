"""Every address of the installation: `/<room>/…`, the desk at the root; each room keeps its own."""

from importlib.util import find_spec

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("language/", include("django.conf.urls.i18n")),
    *(
        path("" if room == "panoh.desk" else f"{room.rpartition('.')[2]}/", include(f"{room}.urls"))
        for room in settings.ROOMS
        if find_spec(f"{room}.urls")
    ),
]
