"""Addresses of people, units, teams and the audit of a unit."""

from django.urls import path

from panoh.access.views import account, seats, staff

app_name = "access"

urlpatterns = [
    path("people/", staff.people, name="people"),
    path("people/invite/<int:unit_id>/", staff.invite, name="invite"),
    path("people/<int:user_id>/close/", staff.close, name="close"),
    path("people/<int:user_id>/sign-out/", staff.sign_out, name="sign_out"),
    path("units/", staff.units, name="units"),
    path("units/<int:unit_id>/names/", staff.names, name="names"),
    path("units/<int:unit_id>/team/", staff.add_team, name="add_team"),
    path("teams/", staff.teams, name="teams"),
    path("teams/<int:team_id>/key/", staff.team_key, name="team_key"),
    path("teams/<int:team_id>/recover/", staff.recover, name="recover"),
    path("teams/<int:team_id>/seat/", seats.seat, name="seat"),
    path("teams/<int:team_id>/lead/<int:user_id>/", seats.lead, name="lead"),
    path("teams/<int:team_id>/let-in/<int:user_id>/", staff.let_in, name="let_in"),
    path("teams/<int:team_id>/leave/<int:user_id>/", staff.leave, name="leave"),
    path("account/", account.account, name="account"),
    path("account/sessions/", account.sessions, name="sessions"),
    path("account/sessions/end/", account.end_session, name="end_session"),
    path("account/sessions/end-others/", account.end_sessions, name="end_sessions"),
    path("account/pin/", account.pin, name="pin"),
    path("account/card/", account.card, name="card"),
    path("account/lock/", account.lock, name="lock"),
    path("account/unlock/", account.unlock, name="unlock"),
    path("invitation/", account.invitation, name="invitation"),
    path("emergency/", staff.emergency, name="emergency"),
    path("audit/", staff.audit_entries, name="audit"),
]
