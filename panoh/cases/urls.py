"""Addresses of the case room; references and codes only, never a name."""

from django.urls import path

from panoh.cases.views import leaving, recruitment, screening

app_name = "cases"
urlpatterns = [
    *leaving.urls,
    path("<str:ref>/questions/", screening.questions, name="questions"),
    path("<str:ref>/questions/<uuid:screening_id>/", screening.result, name="result"),
    path("<str:ref>/questions/<uuid:screening_id>/<int:page_key>/", screening.part, name="part"),
    path("<str:ref>/recruitment/", recruitment.recruitment, name="recruitment"),
    path(
        "<str:ref>/recruitment/<uuid:line_id>/end/",
        recruitment.recruitment_end,
        name="recruitment_end",
    ),
]
