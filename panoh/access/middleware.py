"""One transaction round view and rendering, somebody acting in it, and default deny.

The innermost middleware. A view without a declaration is refused, so a forgotten decorator
closes a page instead of opening it.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ImmediateHttpResponse, ReauthenticationRequired
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import redirect, render
from django.urls import Resolver404, is_valid_path, resolve, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from panoh.access import actions as access
from panoh.access.models import Dossier, User
from panoh.access.queries import acting, by_ref, may, require
from panoh.access.rules import (
    ACCOUNT_URLS,
    LOCKED,
    LOCKED_URLS,
    PIN,
    PUBLIC_URLS,
    SEEN,
    STARTED,
    VAULT,
    Permission,
)
from panoh.audit import actions as audit
from panoh.kernel.rules import Gone, Problem, Refused, Stale
from panoh.policy import queries as policy
from panoh.ui.queries import sent_mark
from panoh.vault import actions as vault
from panoh.vault import queries as keys

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

VAULT_COOKIE = f"{settings.PANOH_COOKIE_PREFIX}vault"
# A page is noted as "seen" at most this often: each note is a write to the session.
NOTE_EVERY_SECONDS = 60
# Tokens and secrets are not typed work; passwords and passphrases neither.
NEVER_KEPT = {"csrfmiddlewaretoken", "old", "again", "pin", "noted"}
# What is typed there opens an account or a team, whatever the field is called.
SECRET_URLS = ACCOUNT_URLS | {"access:recover", "access:unlock"}
# No address of a real form is longer; the table takes no more.
DRAFT_PATH = 200
NO_PRIVILEGE = "42501"
DEADLOCK = ("40001", "40P01", "55P03")
# How addresses name a case, or a request about one; other things of a case have a UUID.
CASE_KEYS = frozenset({"ref", "request_ref"})
# For django-csp: what is not named is "none".
NO_SCRIPTS = {"script-src": None, "connect-src": None}
# A key made with a form that stands elsewhere already.
TAKEN = "23505"


class StaffRequest(HttpRequest):
    """A request inside ``page``: somebody is signed in."""

    user: User
    dossier: Dossier
    # What the account may do, for the frame of the page.
    permissions: frozenset[str]


@dataclass(frozen=True, slots=True)
class Page:
    """What a view declares: the permission it needs, the URL part that names a dossier."""

    permission: Permission | None
    on: str
    public: bool


def page(
    permission: Permission | None = None,
    *,
    on: str = "",
    public: bool = False,
    step_up: bool = False,
) -> Callable[[Callable[Concatenate[StaffRequest, P], HttpResponse]], View[P]]:
    """Declare a view. Without a permission every signed-in account may use it.

    With ``on`` the named URL part is a dossier's reference: ``request.dossier`` is set, and a
    reference that the account's teams do not reach answers 404 like one that does not exist.
    With ``step_up`` the second factor was shown within minutes (pack), or is asked for first.
    """

    def declare(view: Callable[Concatenate[StaffRequest, P], HttpResponse]) -> View[P]:
        def declared(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            staff = cast(StaffRequest, request)
            if permission is not None:
                _check(staff.user, permission, kwargs)
            if on:
                staff.dossier = by_ref(str(kwargs[on]))
            if step_up and (asked := ask_again(staff)):
                return asked
            return view(staff, *args, **kwargs)

        update_wrapper(declared, view)
        declared.panoh_page = Page(permission, on, public)  # type: ignore[attr-defined]
        return declared

    return declare


def ask_again(request: StaffRequest) -> HttpResponse | None:
    """Where the second factor is shown, if that was not within minutes (pack); else None. Who took
    longer than that to fill a form in finds it filled in afterwards."""
    if _is_fresh(request):
        return None
    if request.method == "POST":
        keep_draft(request)
    return HttpResponseRedirect(_ahead("mfa_reauthenticate", request))


def _check(user: User, permission: Permission, named: Mapping[str, object]) -> None:
    """Raises ``Refused``; ``Gone`` where the address names something of a case and the account
    reads no cases at all: to a secretariat or an administrator there is none (row B2)."""
    of_case = any(key in CASE_KEYS or isinstance(value, UUID) for key, value in named.items())
    if of_case and not may(user, Permission.CASE_READ) and not may(user, permission):
        raise Gone
    require(user, permission)


def _is_fresh(request: StaffRequest) -> bool:
    records = get_authentication_records(request, request.user)
    shown = max((record["at"] for record in records if record["method"] == "mfa"), default=0)
    return not _is_past("step_up", datetime.fromtimestamp(shown, UTC), timezone.now())


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
            response = self._problem_page(request, problem)
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

    def _problem_page(self, request: HttpRequest, problem: Problem) -> HttpResponse:
        if led := _led_before(request):
            messages.success(request, _("This was done already. Nothing was done twice."))
            return redirect(led)
        if isinstance(problem, Refused | Gone) and request.user.is_authenticated:
            match = request.resolver_match
            with acting(request.user), transaction.atomic():
                audit.record(
                    "access.refused",
                    by=request.user,
                    at=timezone.now(),
                    subject=("url", match.view_name if match else ""),
                    reason=str(problem.status),
                )
        return render(
            request, f"{problem.status}.html", {"problem": problem}, status=problem.status
        )

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


def _led_before(request: HttpRequest) -> str | None:
    """Where this very form led, if the account has sent it already: who presses twice is not
    told that it cannot be done."""
    user = request.user
    mark = sent_mark(request) if request.method == "POST" and user.is_authenticated else None
    if mark is None:
        return None
    with transaction.atomic(), acting(cast(User, user)):
        return vault.led_before(mark)


def keep_draft(request: HttpRequest) -> None:
    """Seal what was typed to the account's public key; nobody need be signed in to do that."""
    typed = {
        key: values
        for key, values in request.POST.lists()
        if key not in NEVER_KEPT and not key.startswith("pass")
    }
    until = policy.due("draft_hours", timezone.now())
    short = len(request.path) <= DRAFT_PATH and _view_name(request) not in SECRET_URLS
    if typed and short and until is not None and request.user.pk is not None:
        vault.keep_draft(request.user.pk, request.path, typed, expires_at=until)


def _has_nul(request: HttpRequest) -> bool:
    """No text of the database can hold this sign: nothing has such an address."""
    return "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", "")


def _set_aside(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Leave the problem to be shown after the transaction."""
    request.panoh_problem = problem  # type: ignore[attr-defined]
    return HttpResponse(status=problem.status)


def _problem(error: Exception) -> Problem | None:
    if isinstance(error, Problem):
        return error
    if isinstance(error, Http404):
        return Gone()
    if isinstance(error, PermissionDenied):
        return Refused()
    if isinstance(error, DatabaseError):
        state = getattr(error.__cause__, "sqlstate", None)
        if state == NO_PRIVILEGE:
            return Gone()
        if state in DEADLOCK or state == TAKEN:
            return Stale()
    return None


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
