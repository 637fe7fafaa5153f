"""What the guideline in force requires of a request (row C2)."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils.translation import override

from panoh.kernel.rules import Invalid
from panoh.policy import queries as policy
from panoh.referrals import actions as referrals
from panoh.referrals import queries
from panoh.referrals.forms import CompleteForm
from tests.factories.packs import pack_with
from tests.factories.referrals import NOW, accepted
from tests.factories.staff import as_user
from tests.rooms.policy.test_law import V2


def published(days: int) -> dict[str, tuple[str, str]]:
    """A second version that begins so many days from the day of the tests' requests."""
    day = (policy.local_day(NOW) + timedelta(days=days)).isoformat()
    return {"guidelines/referral_2.toml": ("", V2.replace("2026-06-01", day))}


@pytest.mark.django_db
def test_c2_a_new_version_changes_the_required_steps_without_a_release(tmp_path: Path) -> None:
    with pack_with(tmp_path, published(-1)):
        referral = accepted()
        with as_user("shirin") as by:
            assert [step.code for step in queries.required_steps(referral)] == [
                *("safe_way", "asked_back")
            ]
            with override("en"), pytest.raises(Invalid, match="asked how it went") as refused:
                referrals.complete(referral, outcome="helped", steps=["safe_way"], by=by, at=NOW)
            assert refused.value.field == "steps"
            done = referrals.complete(
                referral, outcome="helped", steps=["safe_way", "asked_back"], by=by, at=NOW
            )
            assert done.outcome == "helped"


@pytest.mark.django_db
def test_c2_running_requests_keep_the_version_of_their_day(tmp_path: Path) -> None:
    with pack_with(tmp_path, published(1)):
        referral = accepted()
        guide = queries.guide_of(referral)
        assert guide is not None
        assert guide.version == 1
        with as_user("shirin") as by:
            late = NOW + timedelta(days=9)
            done = referrals.complete(referral, outcome="helped", by=by, at=late)
        assert done.outcome == "helped"


def test_c2_the_form_asks_for_the_steps_only_where_some_are_required(tmp_path: Path) -> None:
    assert "steps" not in CompleteForm().fields
    with pack_with(tmp_path, published(0)):
        guide = policy.guideline("referral", 2)
        assert guide is not None
        form = CompleteForm({"outcome": "helped", "steps": ["safe_way"]}, steps=guide.required)
        assert form.is_valid()
        assert form.cleaned_data["steps"] == ["safe_way"]
        assert form.code == "helped"
