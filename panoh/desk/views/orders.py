"""Orders of a court or authority to hand over data; how many there were, for anybody."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from panoh.access.middleware import StaffRequest, page
from panoh.access.queries import may
from panoh.access.rules import Permission
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.models import Order
from panoh.cases.rules.orders import OrderNotice, OrderState, OrderView
from panoh.desk.forms.orders import (
    OrderForm,
    OrderNoticeForm,
    OrderRefuseForm,
    OrderSignForm,
    OrderViewForm,
)
from panoh.desk.views.typed import done, hold_still, told_in, typed
from panoh.files import actions as files
from panoh.kernel.rules import Category, Gone
from panoh.ui.templatetags.panoh import day

# The forms of one order: which permission, what is asked, which verb.
FORMS: dict[str, tuple[Permission, Any, Any]] = {
    "view": (Permission.ORDER_ADVISE, OrderViewForm, cases.give_view),
    "notice": (Permission.ORDER_WRITE, OrderNoticeForm, cases.note_notice),
    "refuse": (Permission.ORDER_WRITE, OrderRefuseForm, cases.refuse_order),
}


@page(Permission.CASE_READ, on="ref")
@require_safe
def orders(request: StaffRequest, ref: str) -> HttpResponse:
    """Every order about this case; the opening is recorded."""
    found = queries.orders_of(_near(request))
    cases.read(request.dossier, fields=["orders"], by=request.user, at=timezone.now())
    context = {
        "orders": [(one, OrderState(one.row.state).label) for one in found],
        "writes": may(request.user, Permission.ORDER_WRITE),
    }
    return render(request, "desk/orders.html", context)


@page(Permission.ORDER_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def add_order(request: StaffRequest, ref: str) -> HttpResponse:
    """Register a written order; the paper goes to the documents of the case."""
    dossier = _near(request)
    form = typed(request, OrderForm)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        by: dict[str, Any] = {"by": request.user, "at": timezone.now()}
        paper = {"submission": given.pop("paper_submission"), "content": given.pop("file").read()}
        with told_in(form):
            title = _("Order of %(day)s") % {"day": day(given["issued_on"])}
            added = files.add(dossier, category=Category.LEGAL, title=title, **paper, **by)
            named = given.pop("named")
            made = cases.enter_order(dossier, paper=added, fields=named, **given, **by)
        if not form.errors:
            text = _("Entered. Nothing has been handed over.")
            return done(request, text, "desk:order", ref, made.pk)
    return render(request, "desk/order_add.html", {"form": form})


@page(Permission.CASE_READ, on="ref")
@require_safe
def order(request: StaffRequest, ref: str, order_id: UUID) -> HttpResponse:
    """One order: what it asks, what stands, and the next step."""
    found = _order(request, order_id)
    user, one = request.user, queries.order_told(found)
    cases.read(request.dossier, fields=["orders"], by=user, at=timezone.now())
    writes, waits = may(user, Permission.ORDER_WRITE), found.state == OrderState.ENTERED
    context = {
        "one": one,
        "state": OrderState(found.state).label,
        "view": OrderView(found.view).label if found.view else "",
        "notice": OrderNotice(found.notice).label if found.notice else "",
        "missing": [step.label for step in one.missing] if waits else [],
        "advises": waits and not one.signatures and may(user, Permission.ORDER_ADVISE),
        "tells": writes and found.state != OrderState.REFUSED and found.notice != OrderNotice.TOLD,
        "signs": waits
        and [step.value for step in one.missing] == ["sign"]
        and queries.may_sign(user, found),
        "hands_over": writes
        and found.state != OrderState.REFUSED
        and not one.missing
        and queries.reads_named(user, found),
        "refuses": writes and waits,
    }
    return render(request, "desk/order.html", context)


@page(Permission.CASE_READ, on="ref")
@require_http_methods(["GET", "POST"])
def order_step(request: StaffRequest, ref: str, order_id: UUID, code: str) -> HttpResponse:
    """The lawyer's view, the notice to the person, or a refusal. What another wrote of view or
    notice meanwhile is shown, and nothing of it is lost."""
    hold_still(request)
    found = _order(request, order_id)
    if code not in FORMS or not may(request.user, FORMS[code][0]):
        raise Gone
    _permission, asks, verb = FORMS[code]
    ground = queries.order_told(found).ground
    stands = {code: ground[code], "text": ground[f"{code}_text"]} if code in ground else {}
    form = typed(request, asks, initial=stands)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            verb(found, **form.cleaned_data, by=request.user, at=timezone.now())
        if not form.errors:
            return done(request, _("Saved."), "desk:order", ref, order_id)
    titles = {
        "view": _("View of a lawyer"),
        "notice": _("Notice to the person"),
        "refuse": _("Hand over nothing"),
    }
    back_url = reverse("desk:order", args=[ref, order_id])
    context = {"form": form, "title": titles[code], "back_url": back_url}
    return render(request, "desk/family_form.html", context)


@page(Permission.ORDER_SIGN, on="ref", step_up=True)
@require_http_methods(["GET", "POST"])
def order_sign(request: StaffRequest, ref: str, order_id: UUID) -> HttpResponse:
    """Answer for the hand-over with one's own name; the second factor was just shown."""
    found = _order(request, order_id)
    told, before = queries.order_told(found), None
    form = OrderSignForm(request.POST or None, initial=told.ground)
    if request.method == "POST" and form.is_valid():
        try:
            cases.sign_order(found, seen=form.cleaned_data, by=request.user, at=timezone.now())
            return done(request, _("Signed."), "desk:order", ref, order_id)
        except cases.Changed as problem:
            before = _ground(problem.yours)
            form = OrderSignForm(initial=problem.theirs)
            told = queries.order_told(_order(request, order_id))
    context = {"one": told, "form": form, "ground": _ground(told.ground), "before": before}
    return render(request, "desk/order_sign.html", context)


def _ground(found: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """View and notice, in words, each with its text."""
    views = {one.value: one.label for one in OrderView}
    notices = {one.value: one.label for one in OrderNotice}
    return [
        (_("View of a lawyer"), str(views.get(found["view"], "")), found["view_text"]),
        (_("Notice to the person"), str(notices.get(found["notice"], "")), found["notice_text"]),
    ]


@page(Permission.ORDER_WRITE, on="ref", step_up=True)
@require_http_methods(["GET", "POST"])
def order_export(request: StaffRequest, ref: str, order_id: UUID) -> HttpResponse:
    """The file for the court, with the named fields only; each making of it is recorded."""
    found = _order(request, order_id)
    if request.method != "POST":
        context = {"one": queries.order_told(found), "export": True}
        return render(request, "desk/order_sign.html", context)
    made = cases.meet_order(
        found, as_json="json" in request.POST, by=request.user, at=timezone.now()
    )
    return HttpResponse(
        made.content,
        content_type=made.mime,
        headers={
            "Content-Disposition": f'attachment; filename="{made.name}"',
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
        },
    )


@page(public=True)
@require_safe
def order_counts(request: StaffRequest) -> HttpResponse:
    """How many orders came in each year and what became of them: numbers, and nothing else."""
    return render(request, "desk/order_counts.html", {"years": queries.order_counts()})


def _near(request: StaffRequest) -> Any:
    if not queries.reads_orders(request.user, request.dossier):
        raise Gone
    return request.dossier


def _order(request: StaffRequest, order_id: UUID) -> Order:
    found = queries.order_of(_near(request), order_id)
    found.dossier = request.dossier
    return found


urls: list[URLPattern] = [
    path("orders/", order_counts, name="order_counts"),
    path("cases/<str:ref>/orders/", orders, name="orders"),
    path("cases/<str:ref>/orders/add/", add_order, name="add_order"),
    path("cases/<str:ref>/orders/<uuid:order_id>/", order, name="order"),
    path("cases/<str:ref>/orders/<uuid:order_id>/sign/", order_sign, name="order_sign"),
    path("cases/<str:ref>/orders/<uuid:order_id>/export/", order_export, name="order_export"),
    path("cases/<str:ref>/orders/<uuid:order_id>/<str:code>/", order_step, name="order_step"),
]
