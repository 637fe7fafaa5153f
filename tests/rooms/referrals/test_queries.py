"""What a receiver will see, who may do what, and the table of sources and destinations."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from panoh.kernel.rules import Category
from panoh.policy import queries as policy
from panoh.referrals import actions as referrals
from panoh.referrals import queries
from panoh.referrals.models import Referral
from panoh.referrals.rules import DEFAULT_PACKET, LINES
from tests.factories.directory import organisation
from tests.factories.referrals import NOW, accepted, case, drafted, later, sent
from tests.factories.staff import as_user, team

pytestmark = pytest.mark.django_db


def test_the_preview_is_exactly_what_the_receiver_reads() -> None:
    with as_user("nigora") as by:
        draft = drafted(case(by, age_band="age_30_47", children="two").dossier, by=by)
        shown = queries.preview(draft)
    assert [line.field for line in shown.before] == [
        *("services", "urgency", "danger", "sex", "age_band", "children", "language", "region")
    ]
    assert all(line.text and str(line.label) for line in shown.before)
    assert shown.after == [policy.label("data_categories", code) for code in DEFAULT_PACKET.codes]
    assert policy.label("data_categories", "story") in shown.never
    assert policy.label("data_categories", "legal") in shown.never
    assert not set(shown.after) & set(shown.never)

    referral = sent(age_band="age_30_47", children="two")
    with as_user("shirin"):
        read = queries.lines(queries.by_ref(referral.ref))
    assert [(line.field, line.text) for line in read] == [
        (line.field, line.text) for line in shown.before
    ]


def test_every_personal_field_of_the_row_is_a_line_of_the_preview() -> None:
    """A new column that tells something of the person must come with its line."""
    told_by_steps = {"ref", "state", "source", "destination", "answer_channel", "info_channel"}
    told_by_steps |= {"decline_reason", "outcome", "handover_way", "asked"}
    texts = {
        field.name
        for field in Referral._meta.local_fields
        if field.get_internal_type() in {"CharField", "ArrayField"}
    }
    assert texts - told_by_steps == LINES.keys()


def test_the_region_is_told_not_the_district() -> None:
    referral = sent()
    place = policy.place(referral.region)
    assert place is not None and place.level == 1


def test_verbs_of_either_side() -> None:
    with as_user("nigora") as by:
        draft = drafted(case(by).dossier, by=by)
        assert queries.verbs(draft, by) == ["send", "withdraw"]
    referral = sent()
    with as_user("shirin") as by:
        asked = queries.by_ref(referral.ref)
        assert queries.verbs(asked, by) == ["ask_info", "accept", "decline", "propose_other"]
    with as_user("nigora") as by:
        mine = queries.by_ref(referral.ref)
        assert queries.verbs(mine, by) == ["accept", "decline", "withdraw"]
    done = accepted()
    with as_user("nigora") as by:
        assert queries.verbs(done, by) == ["complete", "hand_over", "withdraw"]
    with as_user("shirin") as by:
        assert queries.verbs(done, by) == ["complete"]
    with as_user("mavluda") as by:
        assert queries.verbs(done, by) == []
    waiting = sent()
    with as_user("nigora") as by:
        told = referrals.accept_by_telephone(waiting, by=by, at=NOW)
        assert queries.verbs(told, by) == ["withdraw"]


def test_an_account_without_the_permission_answers_nothing() -> None:
    referral = sent()
    with as_user("shirin") as by:
        found = queries.by_ref(referral.ref)
        by.permissions = frozenset()
        assert queries.verbs(found, by) == []


def test_requests_about_a_case() -> None:
    referral = accepted()
    with as_user("nigora") as by:
        drafted(referral.dossier, team("clinic-cases"), by=by)
        assert queries.on_dossier(referral.dossier).count() == 2
        assert list(queries.waiting(referral.dossier)) == [referral]
    with as_user("shirin"):
        assert list(queries.on_dossier(referral.dossier)) == [referral]
    with as_user("mavluda"):
        assert not queries.on_dossier(referral.dossier).exists()


def test_a22_source_and_destination_sum_to_all_and_unknown_is_its_own_row() -> None:
    sent(contact_source="police")
    sent(contact_source="police")
    sent()
    sent(organisation("Fictional Friends"), contact_source="hotline")
    with as_user("nigora"):
        flows = queries.source_destination_counts(NOW, later(days=90))
        table = {(one.source, one.destination): one.count for one in flows}
        assert table["police", "shelter"] == 2
        assert table["not_yet_known", "shelter"] == 1
        assert table["hotline", "ngo"] == 1
        assert sum(table.values()) == Referral.objects.exclude(sent_at=None).count()
        assert queries.source_destination_counts(later(days=90)) == []
        assert sum(one.count for one in queries.source_destination_counts()) == sum(table.values())


def test_a_category_of_the_case_is_shown_by_the_words_of_the_pack() -> None:
    assert all(policy.label("data_categories", code) != code for code in Category(511).codes)


def test_what_waits_is_counted_in_the_order_of_its_index() -> None:
    """In no order the server gathers all that waits for a large team before it gives the first."""
    sent()
    with as_user("shirin"), CaptureQueriesContext(connection) as asked:
        assert queries.waiting_count(7) == 1
    counts = [text for row in asked if "LIMIT 7" in (text := row["sql"] or "")]
    assert counts and all("ORDER BY" in text for text in counts)
