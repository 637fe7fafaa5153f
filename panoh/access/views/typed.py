"""What was typed is never lost: drafts after a lost session, refusals said beside the field."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar, cast

from allauth.account.app_settings import REAUTHENTICATION_TIMEOUT
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponseRedirect, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from panoh.access.middleware import StaffRequest
from panoh.access.queries import lock
from panoh.kernel.rules import Invalid, NoConsent, NotPossible, Problem, Stale
from panoh.policy import queries as policy
from panoh.ui.forms import CleanForm
from panoh.ui.queries import sent_mark
from panoh.vault import actions as vault
from panoh.vault import queries as keys

F = TypeVar("F", bound=CleanForm)


def typed(
    request: StaffRequest,
    form: Callable[..., F],
    *,
    initial: Mapping[str, Any] | None = None,
    **options: Any,
) -> F:
    """The form with what was posted; on a visit with the account's draft of this page, if any."""
    found = form(given(request), request.FILES or None, initial=initial, **options)
    found.twice = partial(_unless_sent_before, request)
    return found


def hold_still(request: StaffRequest) -> None:
    """Let nobody change this case between the comparing of what was typed and its writing."""
    if request.method == "POST":
        lock(request.dossier.pk)


def given(request: StaffRequest) -> QueryDict | None:
    """What was posted; on a visit the account's draft of this page, said as such, if any."""
    if request.method == "POST":
        return request.POST
    found = keys.draft(request.path) if keys.is_open() else None
    if not found:
        return None
    messages.info(
        request,
        _("This is what you typed before your session ended. Please check it and save it."),
    )
    data = QueryDict(mutable=True)
    for name, values in found.items():
        data.setlist(name, values)
    return data


def done(request: StaffRequest, text: str, to: str, *args: Any) -> HttpResponseRedirect:
    """Say what was done, forget the draft, lead on. The very form sent again, by a second click
    or over a line that broke, changes nothing: what it did is undone, and it leads where the
    first one led. So does one that is refused because the first one was done."""
    vault.drop_draft(request.path)
    messages.success(request, text)  # to who pressed twice as well: it was done
    answer = redirect(to, *args)
    until = policy.due("draft_hours", timezone.now())
    if (mark := sent_mark(request)) and until is not None:
        led = vault.sent_before(mark, answer.url, expires_at=until)
        if led is not None:
            transaction.set_rollback(True)
            return redirect(led)
    return answer


# Beside a page's draft: what the page made and shows until it is noted down.
MADE = "#made"


def keep_made(request: StaffRequest, made: dict[str, str]) -> None:
    """Keep a code that is told once, sealed to the account, for the page it is told on: a second
    click, or the page loaded again, must not lose it. ``forget_made`` ends that, or the minutes for
    which a second factor counts as shown: a browser left open tells it to nobody else."""
    now = timezone.now()
    until = policy.due("step_up", now) or now + timedelta(seconds=REAUTHENTICATION_TIMEOUT)
    vault.keep_draft(request.user.pk, request.path + MADE, made, expires_at=until)


def made_here(request: StaffRequest) -> dict[str, str] | None:
    """What was made on this page and is not noted down yet."""
    return keys.draft(request.path + MADE) if keys.is_open() else None


def forget_made(request: StaffRequest) -> None:
    """It is noted down: nobody is shown it again."""
    vault.drop_draft(request.path + MADE)


def not_done(request: StaffRequest, problem: Problem, to: str, *args: Any) -> HttpResponseRedirect:
    """Nothing was done: lead there and say why; who pressed twice is led where the first led."""
    mark = sent_mark(request)
    if mark is not None and vault.led_before(mark) is not None:
        raise problem
    messages.error(request, str(problem.message))
    return redirect(to, *args)


@contextmanager
def told_in(form: CleanForm) -> Iterator[None]:
    """Say a refusal beside the field it is about, with everything typed still there."""
    try:
        yield
    except Invalid as problem:
        form.twice()
        known = problem.field in form.fields
        form.add_error(problem.field if known else None, str(problem.message))
    except (NoConsent, NotPossible, Stale) as problem:
        form.twice()
        form.add_error(None, str(problem.message))


def _unless_sent_before(request: StaffRequest) -> None:
    """A second click meets what the first one did: that is no refusal, and the middleware leads
    to where the first one led."""
    mark = sent_mark(request) if request.method == "POST" else None
    if mark is not None and vault.led_before(mark) is not None:
        raise NotPossible


def show_version(form: CleanForm, version: object, name: str = "seen_version") -> None:
    """Let the form, shown again with what was typed, answer to the version of now."""
    data = cast(QueryDict, form.data)
    data[name] = str(version)
