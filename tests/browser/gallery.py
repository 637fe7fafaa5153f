"""Every template of room ui with sample words, as pages that need no database (tests only)."""

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path
from django.utils.translation import gettext_lazy as _

from panoh.ui.forms import (
    YES_NO_UNKNOWN,
    Checkboxes,
    CleanForm,
    PartialDateField,
    Radios,
    RefField,
    TextField,
)

# Words of libraries serve as sample text: they exist in all three languages.
SAMPLE = _("Enter a valid value.")


class SampleForm(CleanForm):
    """One field of each kind."""

    name = forms.CharField(label=_("First name"), required=False, help_text=SAMPLE)
    ref = RefField()
    safe = forms.ChoiceField(
        label=_("Yes"), choices=YES_NO_UNKNOWN, widget=Radios(hints={"unknown": SAMPLE})
    )
    also = forms.MultipleChoiceField(
        label=_("All"), choices=YES_NO_UNKNOWN, widget=Checkboxes, required=False
    )
    kind = forms.ChoiceField(label=_("First name"), choices=[("", "—"), *YES_NO_UNKNOWN])
    born = PartialDateField(label=_("Date"), required=False)
    words = TextField(label=_("Text"), required=False, help_text=SAMPLE)
    paper = forms.FileField(label=_("File"), required=False)
    agreed = forms.BooleanField(label=SAMPLE)
    secret = forms.CharField(label=_("Password"), widget=forms.PasswordInput, required=False)
    hidden = forms.CharField(widget=forms.HiddenInput, required=False)


class CodeForm(forms.Form):
    """As allauth's: a plain form with a placeholder."""

    code = forms.CharField(
        label=_("Code"),
        widget=forms.TextInput(attrs={"placeholder": "Code", "autocomplete": "one-time-code"}),
    )
    secret = "JBSWY3DPEHPK3PXP"


class LoginForm(forms.Form):
    """As allauth's, without its database."""

    login = forms.CharField(label=_("Username"))
    password = forms.CharField(label=_("Password"), widget=forms.PasswordInput)


class KeyForm(forms.Form):
    """As allauth's for security keys."""

    name = forms.CharField(label=_("Name"), required=False)
    credential = forms.CharField(widget=forms.HiddenInput)


class EmptyForm(forms.Form):
    """A confirmation."""


NOW = datetime(2026, 3, 8, 14, 30, tzinfo=UTC)
QR = (
    '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">'
    '<path d="M1 1h3v3h-3z M5 5h3v3h-3z"/></svg>'
)
KEY = SimpleNamespace(pk=1, created_at=NOW, last_used_at=NOW)
CODES = [f"{n:08d}" for n in range(10_000_001, 10_000_011)]


def _form(cls: type[forms.Form], request: HttpRequest) -> forms.Form:
    return cls(request.POST) if request.method == "POST" else cls()


CONTEXTS: dict[str, Callable[[HttpRequest], dict[str, Any]]] = {
    "sample/components.html": lambda request: {
        "form": _form(SampleForm, request),
        "rows": [
            {"key": _("First name"), "value": SAMPLE},
            {"key": _("Date"), "value": "8 3", "href": "#main", "action": _("Change")},
        ],
        "events": [{"at": NOW, "title": SAMPLE, "text": SAMPLE, "by": "a.b"}, {"at": NOW}],
        "head": [_("First name"), _("Date"), "1", "2", "3"],
        "cells": [[{"text": SAMPLE, "href": "#main"}, "1", 2, "3", "4"]],
        "sample": SAMPLE,
        "now": NOW,
        "hidden": {"a": "b"},
    },
    "sample/public.html": lambda _request: {"sample": SAMPLE},
    "account/login.html": lambda request: {"form": _form(LoginForm, request)},
    "account/logout.html": lambda _request: {},
    "account/account_inactive.html": lambda _request: {},
    "account/reauthenticate.html": lambda request: {
        "form": _form(CodeForm, request),
        "reauthentication_alternatives": [{"url": "#main", "description": SAMPLE}],
    },
    "mfa/authenticate.html": lambda request: {
        "form": _form(CodeForm, request),
        "webauthn_form": KeyForm(),
        "js_data": {},
    },
    "mfa/reauthenticate.html": lambda request: {"form": _form(CodeForm, request)},
    "mfa/index.html": lambda _request: {
        "MFA_SUPPORTED_TYPES": ["totp", "webauthn", "recovery_codes"],
        "is_mfa_enabled": True,
        "authenticators": {
            "totp": True,
            "webauthn": [KEY],
            "recovery_codes": {"get_unused_codes": CODES},
        },
    },
    "mfa/totp/activate_form.html": lambda request: {
        "form": _form(CodeForm, request),
        "totp_svg": QR,
    },
    "mfa/totp/deactivate_form.html": lambda _request: {"form": EmptyForm()},
    "mfa/recovery_codes/index.html": lambda _request: {
        "unused_codes": CODES,
        "total_count": 10,
        "can_view_codes": True,
        "can_generate_codes": True,
    },
    "mfa/webauthn/authenticator_list.html": lambda _request: {"authenticators": [KEY]},
    "mfa/webauthn/add_form.html": lambda request: {"form": _form(KeyForm, request), "js_data": {}},
    "mfa/webauthn/edit_form.html": lambda request: {"form": _form(CodeForm, request)},
    "mfa/webauthn/authenticator_confirm_delete.html": lambda _request: {"authenticator": KEY},
    "mfa/webauthn/reauthenticate.html": lambda _request: {"form": KeyForm(), "js_data": {}},
    **{
        f"{code}.html": lambda _request: {"problem": {"message": SAMPLE}}
        for code in (400, 403, "403_csrf", 404, 405, 409, 413, 429, 500)
    },
}
STAFF = ("sample/components", "account/logout", "account/rea", "mfa/")


def page(request: HttpRequest, name: str) -> HttpResponse:
    """Render one template; staff pages as somebody signed in."""
    known = name.startswith(STAFF) and name != "mfa/authenticate.html"
    somebody = SimpleNamespace(is_authenticated=True, get_username=lambda: "a.karimova")
    request.user = cast(Any, somebody if known else AnonymousUser())
    if name == "sample/components.html":
        messages.success(request, SAMPLE)
        messages.error(request, SAMPLE)
    return render(request, name, CONTEXTS[name](request))


def nothing(request: HttpRequest) -> HttpResponse:
    """Stand where another room's page will be."""
    return HttpResponse("")


urlpatterns = [
    path("t/<path:name>", page),
    path("", nothing),
    path("i18n/", include("django.conf.urls.i18n")),
    path(
        "desk/",
        include(
            (
                [
                    path(f"{n}/", nothing, name=n)
                    for n in ("today", "search", "first_contact", "inbox", "more")
                ],
                "desk",
            )
        ),
    ),
    path("directory/", include(([path("", nothing, name="list")], "directory"))),
    path("access/", include(([path("", nothing, name="card")], "access"))),
    path("accounts/", include("allauth.urls")),
]
