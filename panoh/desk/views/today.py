"""Today: what my teams owe, in an order that explains itself; what waits; the newest files."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from panoh.access.middleware import StaffRequest, page
from panoh.access.queries import may
from panoh.access.rules import Permission
from panoh.bodies import queries as bodies
from panoh.cases import queries as cases
from panoh.consent import actions as consent
from panoh.consent.forms import CopiesForm
from panoh.desk import queries
from panoh.desk.views.typed import done, told_in, typed
from panoh.duties import actions as duties
from panoh.duties import queries as owed
from panoh.duties.models import Duty
from panoh.kernel.rules import Gone
from panoh.referrals import queries as referrals
from panoh.statistics import queries as numbers

SHOWN = 20
NEWEST = 10


@page()
@require_http_methods(["GET"])
def today(request: StaffRequest) -> HttpResponse:
    """What is owed and what waits, as far as the account may see it; no name stands here."""
    user = request.user
    context: dict[str, object] = {"asks": may(user, Permission.CONTACT_CREATE)}
    if may(user, Permission.DUTY_READ):
        context |= _owed(request)
    context["beds"] = context["asks"] and may(user, Permission.BED_HOLD)
    if may(user, Permission.REFERRAL_ANSWER):
        context["waiting"] = referrals.waiting_count()
    if may(user, Permission.BODY_READ):
        context["invited"] = bodies.unanswered_count(user, timezone.now())
    if may(user, Permission.COUNTS_READ):
        context["numbers"] = numbers.awaiting_count(user)
    if may(user, Permission.CASE_READ):
        context["cases"] = queries.lines(cases.recent(limit=NEWEST).cases)
    else:
        context["pages"] = pages(request)
    return render(request, "desk/today.html", context)


def _owed(request: StaffRequest) -> dict[str, object]:
    after = _last(request.GET.get("after", ""))
    found = owed.owed_by(limit=SHOWN + 1, before=after)
    shown = found[:SHOWN]
    # A call for help with minutes left must not wait behind what has been late for days.
    first = owed.ringing(SHOWN) if after is None else []
    rest = [duty for duty in shown if duty not in first]
    at = timezone.now()
    count, now = owed.open_count(at)
    return {
        "count": count,
        "now": now,
        "later": count - now,
        "most": owed.COUNTED,
        "alerts": queries.tasks(first, user=request.user, at=at),
        "tasks": queries.tasks(rest, user=request.user, at=at),
        "older": shown[-1].pk if len(found) > SHOWN else None,
        "is_first": after is None,
    }


def _last(key: str) -> Duty | None:
    """The last duty of the page before."""
    if not key:
        return None
    try:
        return Duty.objects.filter(pk=UUID(key)).first()
    except ValueError:
        raise Gone from None


@page(Permission.DUTY_SETTLE)
@require_http_methods(["GET", "POST"])
def take(request: StaffRequest, duty_id: UUID) -> HttpResponse:
    """I will see to it: nobody further is called. Then the page on which that is done: an emergency
    that was only taken opens at its hour all the same."""
    if request.method == "POST":
        duty, now = _duty(duty_id), timezone.now()
        duties.acknowledge(duty, by=request.user, at=now)
        [task] = queries.tasks([duty], user=request.user, at=now)
        text = _("You have taken it. Nobody further is called.")
        return done(request, text, task.url or "desk:today")
    return redirect("desk:today")


@page(Permission.DUTY_SETTLE)
@require_http_methods(["GET", "POST"])
def finish(request: StaffRequest, duty_id: UUID) -> HttpResponse:
    """Tick off what is done; ticked twice is no fault."""
    if request.method == "POST":
        duty = _duty(duty_id)
        if duty.settled_at is None:
            duties.finish(duty, by=request.user, at=timezone.now())
        messages.success(request, _("Done."))
    return redirect("desk:today")


def _duty(duty_id: UUID) -> Duty:
    # Joined: of a case that the account does not read, the duty shows none.
    found = Duty.objects.select_related("dossier").filter(pk=duty_id).first()
    if found is None:
        raise Gone
    return found


@page(Permission.DUTY_SETTLE)
@require_http_methods(["GET", "POST"])
def copies(request: StaffRequest, duty_id: UUID) -> HttpResponse:
    """Say what became of the copies after a consent was taken back."""
    duty = _duty(duty_id)
    if duty.kind != "consent.destroy_copies":
        raise Gone
    if duty.settled_at is not None:
        messages.info(request, _("This was answered already. Thank you."))
        return redirect("desk:today")
    form = typed(request, CopiesForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            answer = form.cleaned_data["answer"]
            consent.confirm_copies(duty, answer=answer, by=request.user, at=timezone.now())
        if not form.errors:
            return done(request, _("Thank you. The other service is told."), "desk:today")
    return render(request, "desk/copies.html", {"form": form})


# Pages beside the main job, in the order of the page "More": who may use each, and what it is.
MORE: tuple[tuple[str, Permission | None], ...] = (
    ("desk:cases", Permission.CASE_READ),
    ("desk:line", Permission.CONTACT_CREATE),
    ("desk:groups", Permission.CONTACT_CREATE),
    ("desk:asked_for", Permission.CONTACT_CREATE),
    ("desk:outbox", Permission.REFERRAL_SEND),
    ("desk:emergency", Permission.BREAK_GLASS),
    ("desk:beds", Permission.STAY_WRITE),
    ("desk:bed_region", Permission.BED_ASK),
    ("desk:bed_agenda", Permission.COUNTS_READ),
    ("directory:missing", Permission.COUNTS_READ),
    ("desk:queue", Permission.QUEUE_READ),
    ("desk:overdue", Permission.QUEUE_READ),
    ("decisions:docket", Permission.STATUS_SIGN),
    ("fund:list", Permission.MONEY_READ),
    ("bodies:list", Permission.BODY_READ),
    ("bodies:found", Permission.INSTALLATION_MANAGE),
    ("bodies:coordination", Permission.INSTALLATION_MANAGE),
    ("patterns", Permission.PATTERN_READ),
    ("exit_counts", Permission.COUNTS_READ),
    ("statistics:list", Permission.COUNTS_READ),
    ("desk:concerned", Permission.CASE_READ),
    ("desk:breaches", Permission.BREACH_OPEN),
    ("desk:order_counts", None),
    ("access:teams", None),
    ("access:people", Permission.UNIT_MANAGE),
    ("access:units", Permission.INSTALLATION_MANAGE),
    ("access:audit", Permission.AUDIT_READ),
    ("access:emergency", Permission.INSTALLATION_MANAGE),
    ("exchange:import", Permission.IMPORT_CASES),
    ("directory:list", Permission.DIRECTORY_READ),
    ("policy_in_force", Permission.POLICY_READ),
    ("policy_roles", Permission.POLICY_READ),
    ("access:account", None),
)


def pages(request: StaffRequest) -> list[tuple[str, str]]:
    """Names and addresses of the pages beside the main job that this account may use."""
    return [
        (name, address)
        for name, permission in MORE
        if (permission is None or may(request.user, permission)) and (address := queries.url(name))
    ]


@page()
@require_http_methods(["GET"])
def more(request: StaffRequest) -> HttpResponse:
    """Everything that is not in the navigation."""
    return render(request, "desk/more.html", {"pages": pages(request)})
