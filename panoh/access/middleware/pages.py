"""What a view declares: the permission it needs, the dossier it is about, the second factor."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import update_wrapper
from typing import Concatenate, ParamSpec, cast
from uuid import UUID

from allauth.account.authentication import get_authentication_records
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from panoh.access.middleware.drafts import keep_draft
from panoh.access.middleware.sessions import _ahead, _is_past
from panoh.access.models import Dossier, User
from panoh.access.queries import by_ref, may, require
from panoh.access.rules import Permission
from panoh.kernel.rules import Gone

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

# How addresses name a case, or a request about one; other things of a case have a UUID.
CASE_KEYS = frozenset({"ref", "request_ref"})


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
