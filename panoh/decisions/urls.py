"""Addresses of the decisions room; references, numbers and keys only."""

from panoh.decisions.views import reflection

app_name = "decisions"
urlpatterns = [*reflection.urls]
