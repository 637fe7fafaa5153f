"""Addresses of the care room; references and keys only, never a name."""

from panoh.care.views import plan, returns

app_name = "care"
urlpatterns = [*plan.urls, *returns.urls]
