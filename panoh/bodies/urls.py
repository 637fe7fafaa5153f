"""Addresses of bodies: codes and keys only."""

from django.urls import path

from panoh.bodies.views import items, keeping, papers, sittings

app_name = "bodies"
urlpatterns = [
    path("", keeping.overview, name="list"),
    path("found/", keeping.found, name="found"),
    path("coordination/", keeping.coordination, name="coordination"),
    path("read/", papers.read, name="read"),
    path("proposals/", papers.proposals, name="proposals"),
    path("proposals/<str:proposal_ref>/", papers.proposal, name="proposal"),
    path("resolutions/<uuid:key>/", papers.resolution, name="resolution"),
    path("duties/<uuid:duty_id>/", papers.of_duty, name="of_duty"),
    path("of/<slug:code>/", keeping.one, name="body"),
    path("of/<slug:code>/end/", keeping.end, name="end"),
    path("of/<slug:code>/seats/", keeping.add_seat, name="add_seat"),
    path("of/<slug:code>/seats/<uuid:key>/", keeping.seat, name="seat"),
    path("of/<slug:code>/call/", sittings.call, name="call"),
    path("of/<slug:code>/paper/", sittings.paper, name="paper"),
    path("of/<slug:code>/drafts/", papers.drafts, name="drafts"),
    path("of/<slug:code>/events/", papers.add_event, name="add_event"),
    path("of/<slug:code>/events/<uuid:key>/", papers.event, name="event"),
    path("of/<slug:code>/sittings/<uuid:key>/", sittings.one, name="sitting"),
    path("of/<slug:code>/sittings/<uuid:key>/do/<slug:verb>/", sittings.act, name="act"),
    path("of/<slug:code>/sittings/<uuid:key>/resolve/", items.resolve, name="resolve"),
    path("of/<slug:code>/sittings/<uuid:key>/matter/", items.matter, name="matter"),
    path("of/<slug:code>/sittings/<uuid:key>/addendum/", sittings.addendum, name="addendum"),
    path("of/<slug:code>/sittings/<uuid:key>/calendar/", sittings.calendar, name="calendar"),
    path(
        "of/<slug:code>/sittings/<uuid:key>/minutes/<slug:language>/",
        sittings.minutes,
        name="minutes",
    ),
    path(
        "of/<slug:code>/sittings/<uuid:key>/invitation/<slug:language>/",
        sittings.invitation,
        name="invitation",
    ),
    path("of/<slug:code>/items/<uuid:key>/votes/", items.votes, name="votes"),
    path("of/<slug:code>/items/<uuid:key>/<slug:verb>/", items.item, name="item"),
]
