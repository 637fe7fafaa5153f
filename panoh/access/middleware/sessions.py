"""Who is signed in, since when, with which factors; and where the way leads from here."""

from datetime import datetime
from typing import cast
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import Resolver404, resolve, reverse

from panoh.access.models import User
from panoh.policy import queries as policy


def reread(request: HttpRequest) -> None:
    """Take the session as a verb left it: what this request read before would undo that."""
    request.session = type(request.session)(request.session.session_key)


def _is_past(period: str, since: datetime, now: datetime) -> bool:
    ends = policy.due(period, since)
    return ends is not None and now >= ends


def _view_name(request: HttpRequest) -> str:
    try:
        return resolve(request.path_info).view_name
    except Resolver404:
        return ""


def _sign_in(request: HttpRequest) -> str:
    return _ahead(settings.LOGIN_URL, request)


def _to_unlock(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(_ahead("access:unlock", request))


def _ahead(name: str, request: HttpRequest) -> str:
    # Only the path: a query may hold what somebody typed.
    return f"{reverse(name)}?{urlencode({'next': request.path})}"


def _times_shown(request: HttpRequest) -> int:
    """How often a factor was shown in the session of whoever is signed in."""
    if not request.user.is_authenticated:
        return 0
    return len(get_authentication_records(request, request.user))


def _second_factor(request: HttpRequest) -> bool:
    """Was a second factor shown in this session, or set up in it?"""
    records = get_authentication_records(request, cast(User, request.user))
    if any(record.get("method") == "mfa" for record in records):
        return True
    return bool(Authenticator.objects.filter(user_id=request.user.pk).exists())
