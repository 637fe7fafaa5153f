"""Addresses of the decisions room; references, numbers and keys only."""

from panoh.decisions.views import batches, deciding, filing, reflection

app_name = "decisions"
urlpatterns = [*deciding.urls, *batches.urls, *reflection.urls, *filing.urls]
