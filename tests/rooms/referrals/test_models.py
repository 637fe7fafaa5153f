"""What the row of a request can hold at all."""

import re

import pytest
from django.db import IntegrityError, transaction

from panoh.directory.models import Service
from panoh.referrals.models import Referral
from panoh.referrals.rules import MINIMUM
from tests.factories.referrals import case, drafted
from tests.factories.staff import as_user

STATUS = re.compile(
    r"immigra|migra|citizen|nationality|visa|passport|permit|registration|paper|procedural"
    r"|victim|cooperat|legal|status|police|complaint"
)


def test_a19_default_share_packet_has_no_immigration_field() -> None:
    names = [field.name for field in Referral._meta.get_fields()]
    assert len(names) > 30
    assert [name for name in names if STATUS.search(name)] == []
    assert [name for name in MINIMUM if STATUS.search(name)] == []
    assert STATUS.search("immigration_status") and STATUS.search("procedural_status")


def test_a5_no_service_reads_status_or_cooperation() -> None:
    """Neither what a service says of itself nor what a request carries names them."""
    for model in (Service, Referral):
        names = [field.name for field in model._meta.get_fields()]
        assert [name for name in names if STATUS.search(name)] == []


def test_no_free_text_stands_in_the_row() -> None:
    kinds = {field.get_internal_type() for field in Referral._meta.local_fields}
    assert not kinds & {"TextField", "BinaryField"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        {"state": "sent"},
        {"state": "declined"},
        {"state": "strange"},
        {"to_team": None},
    ],
)
def test_the_table_refuses_a_broken_row(change: dict[str, object]) -> None:
    with as_user("nigora") as by:
        referral = drafted(case(by).dossier, by=by)
        with pytest.raises(IntegrityError), transaction.atomic():
            Referral.objects.filter(pk=referral.pk).update(**change)
