"""What verbs about a person refuse where the page would not have asked."""

from typing import Any
from uuid import uuid4

import pytest

from panoh.kernel.rules import Gone, Invalid
from panoh.people import actions as people
from panoh.people.actions import Asking
from panoh.people.models import EmergencyCall, Seeker
from panoh.people.rules.keys import Facts
from tests.factories.referrals import NOW
from tests.factories.staff import as_user, team

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("names", "caller", "channel", "field"),
    [
        ((), "police", "telephone", "name"),
        (("Лола",), "a neighbour of hers", "telephone", "caller"),
        (("Лола",), "police", "pigeon", "caller"),
    ],
)
def test_a28_somebody_is_sought_by_a_caller_and_a_channel_of_the_lists(
    names: tuple[str, ...], caller: str, channel: str, field: str
) -> None:
    with as_user("nigora") as by:
        given: dict[str, Any] = {"caller": caller, "channel": channel, "said": Asking()}
        with pytest.raises(Invalid) as fault:
            people.seek(Facts(names=names), team=team("ngo-cases"), by=by, at=NOW, **given)
        assert fault.value.field == field
        assert not Seeker.objects.exists()


def test_emergency_access_is_asked_for_by_an_own_team() -> None:
    with as_user("shirin") as by, pytest.raises(Gone):
        people.ask(
            uuid4(), team=team("ngo-cases"), danger="life", reason="x", ref="X", by=by, at=NOW
        )
    assert not EmergencyCall.objects.exists()
