"""Addresses of people, units, teams and the audit of a unit."""

from django.urls import path

from panoh.access import views

app_name = "access"

urlpatterns = [
    path("people/", views.people, name="people"),
    path("people/invite/<int:unit_id>/", views.invite, name="invite"),
    path("people/<int:user_id>/close/", views.close, name="close"),
    path("units/", views.units, name="units"),
    path("units/<int:unit_id>/team/", views.add_team, name="add_team"),
    path("teams/", views.teams, name="teams"),
    path("teams/<int:team_id>/key/", views.team_key, name="team_key"),
    path("teams/<int:team_id>/recover/", views.recover, name="recover"),
    path("teams/<int:team_id>/let-in/<int:user_id>/", views.let_in, name="let_in"),
    path("teams/<int:team_id>/leave/<int:user_id>/", views.leave, name="leave"),
    path("account/", views.account, name="account"),
    path("account/sessions/", views.end_sessions, name="end_sessions"),
    path("invitation/", views.invitation, name="invitation"),
    path("emergency/", views.emergency, name="emergency"),
    path("audit/", views.audit_entries, name="audit"),
]
