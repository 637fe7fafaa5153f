"""One transaction round view and rendering, somebody acting in it, and default deny.

The innermost middleware. A view without a declaration is refused, so a forgotten decorator
closes a page instead of opening it.
"""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from allauth.core.exceptions import ImmediateHttpResponse, ReauthenticationRequired
from django.conf import settings
from django.contrib.auth import logout
from django.db import transaction
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import redirect, render
from django.urls import is_valid_path
from django.utils import timezone

from panoh.access import actions as access
from panoh.access.middleware.drafts import keep_draft
from panoh.access.middleware.pages import Page, StaffRequest
from panoh.access.middleware.problems import _has_nul, _problem, _problem_page, _set_aside
from panoh.access.middleware.sessions import (
    _is_past,
    _second_factor,
    _sign_in,
    _times_shown,
    _to_unlock,
    _view_name,
    reread,
)
from panoh.access.models import User
from panoh.access.queries import acting
from panoh.access.rules import (
    ACCOUNT_URLS,
    LOCKED,
    LOCKED_URLS,
    PIN,
    PUBLIC_URLS,
    SEEN,
    STARTED,
    VAULT,
)
from panoh.kernel.rules import Gone, Refused
from panoh.policy import queries as policy
from panoh.vault import queries as keys

VAULT_COOKIE = f"{settings.PANOH_COOKIE_PREFIX}vault"
# A page is noted as "seen" at most this often: each note is a write to the session.
NOTE_EVERY_SECONDS = 60
# For django-csp: what is not named is "none".
NO_SCRIPTS = {"script-src": None, "connect-src": None}


class NeverKept:
    """Outermost: what no cache keeps needs no word on what it varied by, and its page says itself
    in which language it is. 70 bytes of each page, on a line that may carry 6 in a millisecond."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Take these two headers away."""
        response = self.get_response(request)
        if response.headers.get("Cache-Control") == "no-store":
            for name in ("Vary", "Content-Language"):
                response.headers.pop(name, None)
        return response


class Wall:
    """Open the transaction, let the account act, keep drafts, turn problems into pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.csrf = CsrfViewMiddleware(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer in the pack's time zone, whatever the machine's."""
        with timezone.override(policy.pack().calendar.zone):
            was_signed_in = request.user.is_authenticated
            before = _times_shown(request)
            response = self._answer(request)
        if before and _times_shown(request) > before:
            # Who showed a factor again goes on with another token; the old one is dead.
            request.session.cycle_key()
        if was_signed_in and not request.user.is_authenticated:
            # Whoever sits down next finds no page of hers by going back.
            response.headers["Clear-Site-Data"] = '"cache", "storage"'
            response.headers["Cache-Control"] = "no-store"
        if request.COOKIES.get(settings.CSRF_COOKIE_NAME) == request.META.get("CSRF_COOKIE"):
            # It ends with the browser: no time is renewed by sending it with every page.
            request.META["CSRF_COOKIE_NEEDS_UPDATE"] = False
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        opened = self._opened(request)
        if request.user.is_authenticated and opened is None and VAULT in request.session:
            # The half of the server without that of the browser: whoever reads the table of
            # sessions is nobody by it.
            logout(request)
        if request.user.is_authenticated:
            seen = request.session.get(SEEN)
            if late := self._too_late(request):
                return late
            if request.session.get(SEEN) != seen and opened is not None:
                self._tend_keys(request.user, opened)
        zone = ZoneInfo(policy.pack().timezone)
        with timezone.override(zone), ExitStack() as stack:
            if request.user.is_authenticated:
                user = request.user
                # Before the transaction: the context is written once, and ends with it.
                stack.enter_context(acting(user))
                cast(StaffRequest, request).permissions = user.permissions
                if opened is not None:
                    stack.enter_context(keys.opened(opened))
            stack.enter_context(transaction.atomic())
            response = self.get_response(request)
        if problem := getattr(request, "panoh_problem", None):
            response = _problem_page(request, problem)
        elif isinstance(response, HttpResponseNotAllowed):
            # Where a button leads whose session had ended: Django's own answer has no words.
            told = render(request, "405.html", status=response.status_code)
            told.headers["Allow"] = response.headers["Allow"]
            response = told
        self._vault_cookie(request, response)
        if request.user.is_authenticated:
            # Pages with identity are never kept by a browser or a proxy.
            response.headers["Cache-Control"] = "no-store"
        if b"<script" not in response.content:
            # A page without a script lets none run, not even one of ours.
            response._csp_replace = NO_SCRIPTS  # type: ignore[attr-defined]
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Default deny; then sign-in; then the second factor."""
        if _has_nul(request):
            return _set_aside(request, Gone())
        match = request.resolver_match
        name = match.view_name if match else ""
        declared = cast(Page | None, getattr(view, "panoh_page", None))
        if name in PUBLIC_URLS or (declared and declared.public):
            return None
        if declared is None and name not in ACCOUNT_URLS:
            return _set_aside(request, Refused())
        if not request.user.is_authenticated:
            return HttpResponseRedirect(_sign_in(request))
        if name not in ACCOUNT_URLS and not _second_factor(request):
            return redirect("mfa_activate_totp")
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Undo the transaction; a problem of ours gets its page after it, in a new one."""
        if isinstance(error, ImmediateHttpResponse | ReauthenticationRequired):
            return None  # how allauth leads elsewhere before a view wrote anything
        transaction.set_rollback(True)
        problem = _problem(error)
        if problem is None:
            return None
        return _set_aside(request, problem)

    def _too_late(self, request: HttpRequest) -> HttpResponse | None:
        """Stop a session that was idle or open for too long; what was being typed is kept.

        Open too long it ends. Idle it ends too, unless it has a PIN: then it waits for that.
        """
        now, user = timezone.now(), cast(User, request.user)
        started = datetime.fromisoformat(request.session.setdefault(STARTED, now.isoformat()))
        seen = datetime.fromisoformat(request.session.get(SEEN, now.isoformat()))
        is_over = _is_past("session_absolute", started, now)
        is_locked = LOCKED in request.session and not is_over
        if is_locked and _view_name(request) in LOCKED_URLS:
            return None
        if not (is_locked or is_over or _is_past("session_idle", seen, now)):
            if SEEN not in request.session or (now - seen).total_seconds() > NOTE_EVERY_SECONDS:
                request.session[SEEN] = now.isoformat()
            return None
        if request.method == "POST" and self._is_ours(request):
            with transaction.atomic(), acting(user):
                keep_draft(request)
        if PIN in request.session and not is_over:
            with transaction.atomic(), acting(user):
                access.lock_session(key=request.session.session_key or "", by=user, at=now)
            reread(request)
            return _to_unlock(request)
        logout(request)
        return HttpResponseRedirect(_sign_in(request))

    def _tend_keys(self, user: User, opened: keys.Opened) -> None:
        """Once a minute, in a transaction before the page's own: its locks are free by then."""
        with acting(user), keys.opened(keys.Opened(opened.user_id, opened.pair)):
            access.tend_keys(by=user, at=timezone.now())

    def _is_ours(self, request: HttpRequest) -> bool:
        """Is this a form of an existing page, with its token? The library looks only later."""
        known = not _has_nul(request) and bool(is_valid_path(request.path_info))
        return known and self.csrf.process_view(request, HttpResponse, (), {}) is None

    def _opened(self, request: HttpRequest) -> keys.Opened | None:
        if not request.user.is_authenticated:
            return None
        return keys.open_from_session(
            request.user.pk, request.session.get(VAULT), request.COOKIES.get(VAULT_COOKIE)
        )

    def _vault_cookie(self, request: HttpRequest, response: HttpResponse) -> None:
        secret = getattr(request, "panoh_vault_secret", None)
        if secret:
            response.set_cookie(
                VAULT_COOKIE,
                secret,
                httponly=True,
                secure=settings.SESSION_COOKIE_SECURE,
                samesite="Lax",
            )
        elif VAULT_COOKIE in request.COOKIES and not {VAULT, LOCKED} & set(request.session.keys()):
            response.delete_cookie(VAULT_COOKIE, samesite="Lax")
