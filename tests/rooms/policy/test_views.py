"""The pages of the policy in force, as their views answer. Who may open them: see `desk`."""

import pytest
from django.template.response import TemplateResponse
from django.test import RequestFactory, override_settings
from django.urls import include, path
from django.utils.html import escape
from django.utils.translation import override

from panoh.kernel.rules import Gone
from panoh.policy import queries as policy
from panoh.policy import views
from panoh.policy.rules import Standing


def shown(view: object, address: str = "/", **more: str) -> TemplateResponse:
    answer = view(RequestFactory().get(address), **more)  # type: ignore[operator]
    assert isinstance(answer, TemplateResponse)
    return answer


def test_every_clock_is_shown_with_its_standing() -> None:
    with override("en"):
        context = shown(views.in_force).context_data or {}
    keys = [period.key for period, _start in context["periods"]]
    assert len(keys) > 40
    assert len(set(keys)) == len(keys)
    starts = {period.key: start for period, start in context["periods"]}
    assert starts["grant_days"] == "Access given"
    assert context["pack"].gaps


def test_what_is_missing_is_said_in_the_language_of_the_reader() -> None:
    told = {}
    for language in policy.languages():
        with override(language):
            page = shown(views.in_force).render().content.decode()
            told[language] = [str(gap) for gap in policy.pack().gaps]
            assert all(escape(gap) in page for gap in told[language])
    assert len({tuple(found) for found in told.values()}) == len(policy.languages())
    assert all(len(set(found)) == 3 for found in zip(*told.values(), strict=True))


def test_where_something_comes_from_is_said_in_the_language_of_the_reader() -> None:
    for language, said in (("tg", "на қонун"), ("ru", "не закон"), ("en", "not law")):
        with override(language):
            page = shown(views.in_force).render().content.decode()
            listed = shown(views.code_list, code="rights").render().content.decode()
        assert said in page
        assert ("project proposal" in page) == (language == "en")
        assert ("own words, unreviewed" in listed) == (language == "en")
        assert '<cite lang="en">mmih.tj, DocumentId 5111</cite>' in page


@pytest.mark.parametrize("day", ["", "2026-02-30", "yesterday"])
def test_a_day_that_is_none_shows_today(day: str) -> None:
    context = shown(views.in_force, f"/?on={day}").context_data or {}
    today = (shown(views.in_force).context_data or {})["day"]
    assert context["day"] == today


def test_a_list_of_another_day() -> None:
    context = shown(views.code_list, "/?on=2020-05-01", code="sexes").context_data or {}
    assert str(context["day"]) == "2020-05-01"
    assert [row.code for row in context["rows"]] == ["woman", "man", "own_words"]


def test_a_list_that_does_not_exist_is_gone() -> None:
    with pytest.raises(Gone):
        views.code_list(RequestFactory().get("/"), "no_such_list")


def test_roles_without_account_are_not_shown() -> None:
    roles = (shown(views.roles).context_data or {})["roles"]
    assert not {"vic", "pub"} & {role.code for role, _labels in roles}
    with override("en"):
        labels = {role.code: [str(label) for label in labels] for role, labels in roles}
    assert labels["rap"] == [
        *("Read the queue without names", "Read counts", "Read the policy in force"),
        "Take part in the bodies where the account has a seat",
        "Prepare estimates and releases of protected data",
    ]


def test_an_act_that_changed_another_is_named_by_its_title() -> None:
    changed = policy.act("law_1563")
    assert changed is not None
    with override("ru"), override_settings(ROOT_URLCONF=__name__):
        page = shown(views.act, code="law_1096").render().content.decode()
    assert changed.title.into("ru") in page
    assert ">law_1563<" not in page


urlpatterns = [
    path("", include("config.urls")),
    path("policy/", views.in_force, name="policy_in_force"),
    path("policy/roles/", views.roles, name="policy_roles"),
    path("policy/lists/<str:code>/", views.code_list, name="policy_code_list"),
    path("policy/acts/<str:code>/", views.act, name="policy_act"),
    path(
        "policy/guidelines/<str:code>/<int:version_key>/",
        views.guideline,
        name="policy_guideline",
    ),
    path("policy/agreements/", views.agreements, name="policy_agreements"),
    path("policy/treaties/", views.treaties, name="policy_treaties"),
    path("policy/treaties/table/", views.treaties_file, name="policy_treaties_file"),
]


@pytest.mark.parametrize("language", ["tg", "ru", "en"])
def test_the_pages_say_it_in_every_language(language: str) -> None:
    with override(language), override_settings(ROOT_URLCONF=__name__):
        pages = [
            shown(views.in_force).render(),
            shown(views.roles).render(),
            *(shown(views.code_list, code=name).render() for name in ("sexes", "services")),
        ]
        texts = [page.content.decode() for page in pages]
        assert str(Standing.TARGET.label) in texts[0]
        assert str(Standing.UNSET.label) in texts[0]
        assert policy.pack().roles["hot"].label.into(language) in texts[1]
        assert policy.label("sexes", "woman") in texts[2]
        assert all(text.startswith("<!doctype html>") for text in texts)
