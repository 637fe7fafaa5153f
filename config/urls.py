"""Every address of the installation: `/<room>/…`, the desk at the root; each room keeps its own."""

from collections.abc import Iterable
from importlib.util import find_spec

from allauth.account import urls as account
from allauth.mfa import urls as mfa
from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from panoh.access.rules import ACCOUNT_URLS, PUBLIC_URLS

Patterns = list[URLPattern | URLResolver]


def known(patterns: Iterable[URLPattern | URLResolver]) -> Patterns:
    """Keep the library's addresses that room access names; the others do not exist here."""
    kept: Patterns = []
    for entry in patterns:
        if isinstance(entry, URLResolver):
            if inner := known(entry.url_patterns):
                kept.append(URLResolver(entry.pattern, inner))
        elif entry.name in PUBLIC_URLS | ACCOUNT_URLS:
            kept.append(entry)
    return kept


urlpatterns: Patterns = [
    path("language/", include("django.conf.urls.i18n")),
    path("sign-in/", include(known([*account.urlpatterns, path("2/", include(mfa))]))),
    *(
        path("" if room == "panoh.desk" else f"{room.rpartition('.')[2]}/", include(f"{room}.urls"))
        for room in settings.ROOMS
        if find_spec(f"{room}.urls")
    ),
]
