"""The pages of the policy in force, as their views answer. Who may open them: see `desk`."""

import pytest
from django.template.response import TemplateResponse
from django.test import RequestFactory
from django.utils.translation import override

from panoh.kernel.rules import Gone
from panoh.policy import views


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
        *("Read the queue without names", "Read counts", "Read the policy in force")
    ]
