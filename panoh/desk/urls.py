"""Addresses of the desk, at the root; references and codes only, never a name."""

from django.urls import URLPattern, include, path

from panoh.access.middleware import page
from panoh.access.rules import Permission
from panoh.policy import views as policy

# Today, search, first contact, case, consent.
job: list[URLPattern] = []

# Request, inbox, who knows, directory.
requests: list[URLPattern] = []

rules = page(Permission.POLICY_READ)

urlpatterns = [
    path("", include(([*job, *requests], "desk"))),
    path("policy/", rules(policy.in_force), name="policy_in_force"),
    path("policy/roles/", rules(policy.roles), name="policy_roles"),
    path("policy/lists/<str:code>/", rules(policy.code_list), name="policy_code_list"),
]
