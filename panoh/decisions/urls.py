"""Addresses of the decisions room; references, numbers and keys only."""

from panoh.decisions.views import deciding, filing, reflection

app_name = "decisions"
urlpatterns = [*deciding.urls, *reflection.urls, *filing.urls]
