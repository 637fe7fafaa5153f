"""One's own account: invitation, passphrase, sessions, and the PIN of this session."""

from urllib.parse import urlencode

from allauth.account.app_settings import REAUTHENTICATION_TIMEOUT
from allauth.account.authentication import get_authentication_records
from allauth.core.ratelimit import consume_or_429
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from panoh.access import actions as access
from panoh.access.forms import ChangeForm, InvitationForm, PinForm, UnlockForm
from panoh.access.middleware import VAULT_COOKIE, StaffRequest, page, reread
from panoh.access.queries import card_codes_left, sessions_of
from panoh.access.rules import LOCKED, PIN
from panoh.kernel.rules import Gone, Invalid


@page(public=True)
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest) -> HttpResponse:
    """Take an invitation: choose the passphrase, then sign in and set up the second factor."""
    # Nobody is signed in: guesses are counted by address.
    slowed: HttpResponse | None = consume_or_429(request, action="reset_password_from_key")
    if slowed:
        return slowed
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            access.take_invitation(
                username=typed["username"],
                code=typed["code"],
                passphrase=typed["passphrase"],
                at=timezone.now(),
            )
        except Invalid as problem:
            form.add_error("code", str(problem.message))
        except ValidationError as problem:
            form.add_error("passphrase", problem)
        else:
            messages.success(request, _("Your passphrase is set. Please sign in with it."))
            return redirect(settings.LOGIN_URL)
    return render(request, "access/invitation.html", {"form": form})


@page()
@require_http_methods(["GET", "POST"])
def account(request: StaffRequest) -> HttpResponse:
    """My account: another passphrase, and where I am signed in."""
    slowed: HttpResponse | None = consume_or_429(
        request, action="change_password", user=request.user
    )
    if slowed:
        return slowed
    form = ChangeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            access.change_passphrase(
                old=typed["old"], new=typed["passphrase"], by=request.user, at=timezone.now()
            )
        except Invalid as problem:
            form.add_error(problem.field, str(problem.message))
        except ValidationError as problem:
            form.add_error("passphrase", problem)
        else:
            update_session_auth_hash(request, request.user)
            messages.success(request, _("Your passphrase is changed. All other sessions ended."))
            return redirect("access:account")
    return render(request, "access/account.html", {"form": form})


@page()
@require_http_methods(["GET"])
def sessions(request: StaffRequest) -> HttpResponse:
    """My sessions: since when, last used, which one is this; and the PIN of this one."""
    context = {
        "sessions": sessions_of(request.user, timezone.now()),
        "here": request.session.session_key,
        "has_pin": PIN in request.session,
    }
    return render(request, "access/sessions.html", context)


@page()
@require_POST
def end_session(request: StaffRequest) -> HttpResponse:
    """Sign out on one other device. The form carries a mark of the session, never its key."""
    mark, now = request.POST.get("mark", ""), timezone.now()
    for one in sessions_of(request.user, now):
        if one.mark == mark and one.key != request.session.session_key:
            access.end_session(key=one.key, by=request.user, at=now)
            messages.success(request, _("That session has ended."))
            return redirect("access:sessions")
    raise Gone


@page()
@require_POST
def end_sessions(request: StaffRequest) -> HttpResponse:
    """Sign out everywhere else."""
    here = request.session.session_key or ""
    access.end_sessions(but=here, by=request.user, at=timezone.now())
    messages.success(request, _("You are signed in here only."))
    return redirect("access:sessions")


@page()
@require_http_methods(["GET", "POST"])
def card(request: StaffRequest) -> HttpResponse:
    """Make a card of one-time codes to print, shortly after the full sign-in. It is shown once:
    only marks of the codes are kept."""
    if not signed_in_just_now(request):
        return to_sign_in_again(request)
    codes = access.make_card(by=request.user, at=timezone.now()) if request.method == "POST" else []
    context = {"codes": codes, "left": card_codes_left(request.user)}
    return render(request, "access/card.html", context)


@page()
@require_http_methods(["GET", "POST"])
def pin(request: StaffRequest) -> HttpResponse:
    """Choose a PIN for the breaks of this shift, shortly after the full sign-in."""
    if not signed_in_just_now(request):
        return to_sign_in_again(request)
    form = PinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        key = request.session.session_key or ""
        access.set_pin(key=key, pin=form.cleaned_data["pin"], by=request.user, at=timezone.now())
        reread(request)
        messages.success(request, _("Your PIN is set. It opens this session only."))
        return redirect("access:sessions")
    return render(request, "access/pin.html", {"form": form})


@page()
@require_POST
def lock(request: StaffRequest) -> HttpResponse:
    """Leave the phone: lock this session now instead of when it was idle."""
    key = request.session.session_key or ""
    if not access.lock_session(key=key, by=request.user, at=timezone.now()):
        return redirect("access:pin")
    reread(request)
    return redirect("access:unlock")


@page()
@require_http_methods(["GET", "POST"])
def unlock(request: StaffRequest) -> HttpResponse:
    """Back to work with the PIN; after too many wrong ones the session ends."""
    onward = _onward(request)
    if LOCKED not in request.session:
        return redirect(onward)
    form = UnlockForm(request.POST or None, initial={"next": onward})
    if request.method == "POST" and form.is_valid():
        left = access.unlock_session(
            key=request.session.session_key or "",
            pin=form.cleaned_data["pin"],
            secret=request.COOKIES.get(VAULT_COOKIE, ""),
            by=request.user,
            at=timezone.now(),
        )
        if left == 0:
            logout(request)
            return redirect(settings.LOGIN_URL)
        reread(request)
        if left is None:
            return redirect(onward)
        wrong = ngettext(
            "This is not the PIN. %(n)s try is left.",
            "This is not the PIN. %(n)s tries are left.",
            left,
        )
        form.add_error("pin", wrong % {"n": left})
    return render(request, "access/unlock.html", {"form": form})


def signed_in_just_now(request: StaffRequest) -> bool:
    """Were passphrase or second factor shown within minutes? Sensitive steps ask it."""
    records = get_authentication_records(request, request.user)
    shown = float(max((record["at"] for record in records), default=0))
    return timezone.now().timestamp() - shown < float(REAUTHENTICATION_TIMEOUT)


def to_sign_in_again(request: StaffRequest) -> HttpResponse:
    """Ask for them, then come back to this page. Never by the library's way of keeping a form
    meanwhile: it would keep what was typed."""
    there = urlencode({"next": request.path})
    return redirect(f"{reverse('account_reauthenticate')}?{there}")


def _onward(request: StaffRequest) -> str:
    """Where she wanted to go, if that is a page of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or "/"
    is_ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if is_ours else "/"
