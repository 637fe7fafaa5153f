"""One sentence on one page: the usual answers stand there already."""

from typing import Any

import pytest

from panoh.consent import actions as consents
from panoh.consent.forms import ConsentForm, CopiesForm, WithdrawForm
from panoh.consent.rules import DEFAULT
from tests.factories.referrals import NOW, case
from tests.factories.staff import as_user, team

pytestmark = pytest.mark.django_db


def filled(form: ConsentForm, **answers: Any) -> dict[str, Any]:
    """What a browser posts: the usual answers and those given."""
    usual = {name: value for name, value in form.initial.items() if name in form.fields}
    return {**usual, **answers}


@pytest.mark.parametrize("answer", ["yes", "no", "later"])
def test_h18_three_answers_aloud_are_enough(answer: str) -> None:
    with as_user("nigora") as by:
        empty = ConsentForm(user=by, language="tg", at=NOW)
        typed = filled(empty, told_limits="on", present=["nobody"], answer=answer)
        form = ConsentForm(typed, user=by, language="tg", at=NOW)
        assert form.is_valid(), form.errors
        assert form.packet() == DEFAULT
        saved = consents.record(
            case(by).dossier,
            branch="adult",
            recipient=team("shelter-cases"),
            by=by,
            at=NOW,
            **form.recorded(),
        )
        assert saved.answer == answer
        assert (saved.until is not None) is (answer == "yes")


def test_a_police_account_is_offered_one_purpose() -> None:
    with as_user("pulod") as by:
        form = ConsentForm(user=by, language="sgh", at=NOW)
        assert [code for code, _label in form.fields["purpose"].choices] == ["be_called"]  # type: ignore[attr-defined]
        assert form.initial["read_in"] == "tg"


def test_stopping_and_copies() -> None:
    assert not WithdrawForm({}).is_valid()
    assert WithdrawForm({"sure": "on"}).is_valid()
    assert CopiesForm({"answer": "destroyed"}).is_valid()
    assert not CopiesForm({"answer": "perhaps"}).is_valid()
