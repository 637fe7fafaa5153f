"""Addresses of the desk, at the root; references and codes only, never a name."""

from django.urls import URLPattern, include, path

from panoh.access.middleware import page
from panoh.access.rules import Permission
from panoh.cases.views import leaving, recruitment
from panoh.desk.views import (
    answers,
    beds,
    breaches,
    case,
    clock,
    conference,
    consent,
    contact,
    emergency,
    family,
    groups,
    handbook,
    houses,
    inbox,
    keep,
    knows,
    line,
    never,
    night,
    orders,
    papers,
    plan,
    queue,
    refer,
    safety,
    search,
    seekers,
    today,
    whole,
)
from panoh.desk.views import requests as asked
from panoh.policy import views as policy

# Today, search, first contact, case, consent.
job: list[URLPattern] = [
    path("", today.today, name="today"),
    path("more/", today.more, name="more"),
    *handbook.urls,
    *clock.urls,
    path("duties/<uuid:duty_id>/take/", today.take, name="take"),
    path("duties/<uuid:duty_id>/done/", today.finish, name="finish"),
    path("duties/<uuid:duty_id>/copies/", today.copies, name="copies"),
    path("search/", search.search, name="search"),
    path("first-contact/", contact.first_contact, name="first_contact"),
    path("cases/", case.case_list, name="cases"),
    path("cases/<str:ref>/", case.case, name="case"),
    path("cases/<str:ref>/next/", contact.next_step, name="next"),
    path("cases/<str:ref>/answers/", answers.answers, name="answers"),
    path("cases/<str:ref>/facts/<str:code>/", answers.facts, name="facts"),
    path("cases/<str:ref>/assess/<str:code>/", answers.assess, name="assess"),
    path("cases/<str:ref>/apart/", answers.apart, name="apart"),
    path("cases/<str:ref>/apart/<uuid:fact_id>/take-back/", answers.unflag, name="unflag"),
    path("cases/<str:ref>/person/", keep.person, name="person"),
    path("cases/<str:ref>/person/name/", keep.name, name="name"),
    path("cases/<str:ref>/person/way/", keep.way, name="way"),
    path("cases/<str:ref>/person/way/<uuid:contact_id>/end/", keep.end_way, name="end_way"),
    path("cases/<str:ref>/notes/<str:code>/", keep.notes, name="notes"),
    path("cases/<str:ref>/documents/", keep.documents, name="documents"),
    path("cases/<str:ref>/close/", case.close, name="close"),
    path("cases/<str:ref>/reopen/", case.reopen, name="reopen"),
    path("groups/", groups.groups, name="groups"),
    path("groups/new/", groups.begin, name="group_begin"),
    path("groups/<str:ref>/", groups.group, name="group"),
    path("groups/<str:ref>/add/", groups.add, name="group_add"),
    path("groups/<str:ref>/alone/<uuid:member_id>/", groups.alone, name="group_alone"),
    path("asked/", seekers.asked, name="asked_for"),
    path("asked/answer/", seekers.answer, name="asked_answer"),
    path("cases/<str:ref>/sought/", seekers.sought, name="sought"),
    path("cases/<str:ref>/never/", never.never, name="never"),
    path("cases/<str:ref>/never/<uuid:never_id>/lift/", never.lift, name="lift"),
    path("cases/<str:ref>/seal/", never.seal, name="seal"),
    path("cases/<str:ref>/kin/", never.kin, name="kin"),
    path("cases/<str:ref>/consent/", consent.overview, name="consent"),
    path("cases/<str:ref>/consent/<str:code>/", consent.ask, name="ask"),
    path("cases/<str:ref>/interpreter/", consent.interpreter, name="interpreter"),
]

# Request, inbox, who knows.
requests: list[URLPattern] = [
    path("cases/<str:ref>/refer/", refer.refer, name="refer"),
    path("cases/<str:ref>/refer/<uuid:organisation_id>/", refer.preview, name="preview"),
    path("cases/<str:ref>/knows/", knows.knows, name="knows"),
    path("cases/<str:ref>/knows/<uuid:consent_id>/stop/", knows.stop, name="stop"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("outbox/", inbox.outbox, name="outbox"),
    path("requests/of/<uuid:duty_id>/", asked.of_duty, name="of_duty"),
    path("requests/<str:request_ref>/", asked.show, name="request"),
    path("requests/<str:request_ref>/letter/", asked.letter, name="letter"),
    path(
        "requests/<str:request_ref>/letter/<slug:language>/", asked.letter_file, name="letter_file"
    ),
    path("requests/<str:request_ref>/<str:verb>/", asked.act, name="act"),
]

# Danger to life: ask, answer as holder, open, look at it afterwards.
emergencies: list[URLPattern] = [
    path("emergency/", emergency.ask, name="emergency"),
    path("emergency/call/<uuid:duty_id>/", emergency.of_duty, name="emergency_call"),
    path("queue/", queue.queue, name="queue"),
    path("queue/ask/", queue.ask, name="queue_ask"),
    path("overdue/", queue.overdue, name="overdue"),
    path("emergency/ring/<uuid:duty_id>/", emergency.ring, name="emergency_ring"),
    path("emergency/<uuid:call_id>/", emergency.show, name="emergency_show"),
    path("emergency/<uuid:call_id>/open/", emergency.open_file, name="emergency_open"),
    path("emergency/<uuid:call_id>/review/", emergency.review, name="emergency_review"),
    path("cases/<str:ref>/emergency/", emergency.rings, name="emergency_rings"),
    path("cases/<str:ref>/emergency/<uuid:call_id>/stop/", emergency.stop, name="emergency_stop"),
]

# Family, safety, and work with other organisations.
together = [*family.urls, *safety.urls, *plan.urls, *conference.urls, *orders.urls, *breaches.urls]
desk_line = [*whole.urls, *line.urls, *night.urls, *papers.urls, *beds.urls, *houses.urls]

rules = page(Permission.POLICY_READ)

urlpatterns = [
    path("", include(([*job, *requests, *emergencies, *together, *desk_line], "desk"))),
    path("patterns/", recruitment.patterns, name="patterns"),
    path("left/", leaving.exit_counts, name="exit_counts"),
    path("policy/", rules(policy.in_force), name="policy_in_force"),
    path("policy/acts/<str:code>/", rules(policy.act), name="policy_act"),
    path(
        "policy/guidelines/<str:code>/<int:version_key>/",
        rules(policy.guideline),
        name="policy_guideline",
    ),
    path("policy/agreements/", rules(policy.agreements), name="policy_agreements"),
    path("policy/treaties/", rules(policy.treaties), name="policy_treaties"),
    path("policy/treaties/table/", rules(policy.treaties_file), name="policy_treaties_file"),
    path("policy/roles/", rules(policy.roles), name="policy_roles"),
    path("policy/lists/<str:code>/", rules(policy.code_list), name="policy_code_list"),
]
