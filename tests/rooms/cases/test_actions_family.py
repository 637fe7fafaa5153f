"""Advocates, guardians, relatives, coming of age, and one category on any day."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from panoh.access.models import Dossier
from panoh.access.queries import advocate_grant, grants_on
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.models import Advocate, Fact, Guardian, GuardianEntry, Kin
from panoh.cases.rules import ADVOCATE_SEES, Arrival
from panoh.duties import queries as owed
from panoh.kernel.rules import CASE_CATEGORIES, Category, Gone, Invalid, NoConsent, NotPossible
from panoh.policy import queries as policy
from panoh.referrals import actions as referrals
from panoh.referrals.rules import ALWAYS
from tests.factories.cases import contact, give
from tests.factories.children import advocate, child, proposed
from tests.factories.referrals import NOW, accepted, answer, drafted
from tests.factories.staff import as_user, team, user

pytestmark = pytest.mark.django_db
SUBMISSION = uuid4()
DAY = timedelta(days=1)


def kinds(dossier: Dossier) -> set[str]:
    return {duty.kind for duty in owed.unsettled_on(dossier)}


# -- the advocate --------------------------------------------------------------------------------


def test_c13_a_child_without_an_advocate_is_listed_and_late_after_a_day() -> None:
    with as_user("nigora") as by:
        dossier = child(by).dossier
        duty = next(one for one in owed.unsettled_on(dossier) if one.kind == "child.advocate")
        assert (duty.due_at, duty.owner) == (NOW + timedelta(hours=24), team("ngo-cases"))
        assert not owed.is_late(duty, NOW + timedelta(hours=23))
        assert owed.is_late(duty, NOW + timedelta(hours=25))
        advocate(dossier, by=by)
        assert "child.advocate" not in kinds(dossier)


def test_c13_who_turns_out_to_be_a_child_is_owed_an_advocate_and_a_grown_one_no_more() -> None:
    with as_user("nigora") as by:
        case = contact(by, NOW, age_branch="unknown")
        given: dict[str, Any] = {"by": by, "at": NOW}
        assert "child.advocate" not in kinds(case.dossier)
        cases.change(case.dossier, changes={"age_branch": "child"}, seen_version=1, **given)
        assert "child.advocate" in kinds(case.dossier)
        cases.change(case.dossier, changes={"age_branch": "adult"}, seen_version=2, **given)
        assert "child.advocate" not in kinds(case.dossier)


def test_c13_children_who_come_in_a_file_are_listed_too() -> None:
    rows = [Arrival({"age_branch": "child"}), Arrival({"age_branch": "adult"})]
    with as_user("nigora") as by:
        young, grown = cases.open_contact_many(rows, team=team("ngo-cases"), by=by, at=NOW)
        assert "child.advocate" in kinds(young.dossier)
        assert "child.advocate" not in kinds(grown.dossier)


def test_c13_the_advocate_reads_the_narrow_part_at_once_and_no_name_or_story() -> None:
    with as_user("nigora") as by:
        dossier = child(by).dossier
        story = cases.add_note(dossier, category=Category.STORY, text="Амак", by=by, at=NOW)
        safety = cases.add_note(dossier, category=Category.SAFETY, text="Хатар", by=by, at=NOW)
        advocate(dossier, by=by)
        grant = advocate_grant(dossier)
        assert grant is not None
        assert Category(grant.categories) == ADVOCATE_SEES
    with as_user("latif") as by:
        read = cases.read_notes(dossier, category=Category.SAFETY, by=by, at=NOW)
        assert [(note.pk, text) for note, text in read] == [(safety.pk, "Хатар")]
        with pytest.raises(Gone):
            cases.read_notes(dossier, category=Category.STORY, by=by, at=NOW)
    assert story.pk != safety.pk


@pytest.mark.parametrize(
    ("name", "in_team", "problem", "said"),
    [
        ("lola", "ngo-other", NotPossible, "must be independent"),  # the holder's own unit
        ("shirin", "shelter-cases", Invalid, "outside police, shelter and payer"),
        ("pulod", "police-cases", Invalid, "outside police, shelter and payer"),
        ("firuz", "legal-cases", Invalid, "This account may not"),  # of whoever pays
        ("mavluda", "clinic-cases", Invalid, "outside police, shelter and payer"),
        ("latif", "children-cases", Invalid, "This account may not"),  # not of that team
    ],
)
def test_c13_an_advocate_who_is_not_independent_is_refused(
    name: str, in_team: str, problem: type[Exception], said: str
) -> None:
    with as_user("nigora") as by:
        dossier = child(by).dossier
        with pytest.raises(problem, match=said):
            advocate(dossier, by=by, name=name, in_team=in_team)
        assert not Advocate.objects.exists()
        named = {user.username for _team, user in queries.may_be_advocate(dossier)}
    assert named == {"latif", "parvona", "zebo"}


def test_c13_a_unit_that_received_the_case_gives_no_advocate() -> None:
    with as_user("nigora") as by:
        dossier = contact(by, NOW).dossier
        answer(dossier, team("legal-cases"), by=by, categories=ADVOCATE_SEES | ALWAYS)
        request = drafted(dossier, team("legal-cases"), by=by, categories=ALWAYS)
        referrals.send(request, by=by, at=NOW)
        with pytest.raises(NotPossible):
            advocate(dossier, by=by)


FORGED = "SELECT access_name_advocate(%s, %s, %s, %s, gen_random_uuid(), now(), NULL)"


@pytest.mark.parametrize(
    ("account", "name", "in_team", "mask"),
    [
        ("nigora", "lola", "ngo-other", 321),
        ("nigora", "shirin", "shelter-cases", 321),
        ("nigora", "latif", "legal-cases", 511),
        ("nigora", "nigora", "ngo-cases", 321),
        ("latif", "parvona", "legal-cases", 321),
        ("pulod", "pulod", "police-cases", 1),
    ],
)
def test_c13_the_wall_names_no_advocate_who_is_not_independent(
    account: str, name: str, in_team: str, mask: int
) -> None:
    with as_user("nigora") as by:
        dossier = child(by).dossier
    values = [dossier.pk, team(in_team).pk, user(name).pk, mask]
    with (
        as_user(account),
        pytest.raises(ProgrammingError, match="refused by the wall"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(FORGED, values)


def test_c13_an_adult_has_one_who_wants_one_and_until_when_it_was_agreed() -> None:
    with as_user("nigora") as by:
        dossier = contact(by, NOW).dossier
        with pytest.raises(NoConsent):
            advocate(dossier, by=by)
        given = answer(dossier, team("legal-cases"), by=by, categories=ADVOCATE_SEES)
        advocate(dossier, by=by)
        grant = advocate_grant(dossier)
        assert grant is not None
        assert grant.ends_at == given.ends_at


def test_c13_replacing_or_ending_the_advocate_ends_the_reach() -> None:
    with as_user("nigora") as by:
        dossier = child(by).dossier
        advocate(dossier, by=by)
        advocate(dossier, by=by, name="zebo", in_team="children-cases")
        assert grants_on(dossier).filter(source="advocate").count() == 1
        assert [row.user.username for row in Advocate.objects.filter(ended_at=None)] == ["zebo"]
    with as_user("latif"):
        assert not Dossier.objects.filter(pk=dossier.pk).exists()
    with as_user("zebo") as by:
        mine = queries.advocate_of(dossier)
        assert mine is not None
        cases.end_advocate(mine, by=by, at=NOW)
    with as_user("zebo") as by:
        assert not Dossier.objects.filter(pk=dossier.pk).exists()
    with as_user("nigora") as by:
        assert queries.advocate_of(dossier) is None
        assert "child.advocate" in kinds(dossier)
        with pytest.raises(Gone):
            cases.end_advocate(mine, by=by, at=NOW)


# -- guardians -----------------------------------------------------------------------------------


def guardian(dossier: Dossier, relation: str = "uncle_or_aunt") -> Guardian:
    with as_user("nigora") as by:
        return cases.add_guardian(dossier, relation=relation, name="Номаълум", by=by, at=NOW)


def tell(one: Guardian, by: Any) -> GuardianEntry:
    told: dict[str, Any] = {"categories": Category.SERVICES, "text": "Ҷойи хоб ёфт шуд"}
    return cases.tell_guardian(one, by=by, at=NOW, **told)


def check(one: Guardian, trust: str, by: Any, reason: str = "Бо ӯ гап задам") -> Guardian:
    return cases.check_guardian(one, trust=trust, reason=reason, by=by, at=NOW)


def young() -> Dossier:
    with as_user("nigora") as by:
        dossier = child(by).dossier
        advocate(dossier, by=by)
        return dossier


def test_c13_only_a_guardian_found_safe_by_officer_or_advocate_is_told_anything() -> None:
    dossier = young()
    uncle = guardian(dossier)
    with as_user("nigora") as by:
        with pytest.raises(NotPossible):
            tell(uncle, by)
        with pytest.raises(NotPossible):
            check(uncle, "presumed_safe", by)
    with as_user("parvona") as by, pytest.raises(NotPossible):
        check(uncle, "presumed_safe", by)
    with as_user("latif") as by:
        check(uncle, "presumed_safe", by)
    with as_user("nigora") as by:
        assert Category(tell(uncle, by).told) == Category.SERVICES
        check(uncle, "suspected", by)
        with pytest.raises(NotPossible):
            tell(uncle, by)
        (known,) = queries.guardians_of(dossier)
        trusts = [(entry.trust, bool(entry.told)) for entry, _text in reversed(known.entries)]
    assert sorted(trusts) == sorted(
        [
            ("not_checked", False),
            ("presumed_safe", False),
            ("presumed_safe", True),
            ("suspected", False),
        ]
    )
    assert (known.name, known.relation) == ("Номаълум", "Uncle or aunt")


@pytest.mark.parametrize(
    ("relation", "said"),
    [("spouse", "never a guardian"), ("spouse_family", "never a guardian"), ("zzz", "in the list")],
)
def test_c13_a_husband_is_never_a_guardian(relation: str, said: str) -> None:
    dossier = young()
    with pytest.raises(Invalid, match=said):
        guardian(dossier, relation)
    with as_user("nigora"):
        assert not Guardian.objects.exists()


def test_a_guardian_is_checked_with_a_reason_and_an_adult_has_none() -> None:
    dossier = young()
    uncle = guardian(dossier)
    with as_user("nigora") as by:
        for trust, reason in (("suspected", " "), ("nice", "Хуб")):
            with pytest.raises(Invalid):
                check(uncle, trust, by, reason)
        with pytest.raises(NotPossible):
            cases.add_guardian(contact(by, NOW).dossier, relation="mother", name="", by=by, at=NOW)
        stranger = child(by).dossier
    with as_user("shirin") as by, pytest.raises(Gone):
        cases.add_guardian(stranger, relation="mother", name="", by=by, at=NOW)


def test_c13_with_a_suspected_guardian_in_the_room_no_yes_is_saved() -> None:
    with as_user("nigora") as by:
        dossier = child(by, age_branch="unknown", age_band="").dossier
        advocate(dossier, by=by)
        uncle = cases.add_guardian(dossier, relation="uncle_or_aunt", name="", by=by, at=NOW)
        check(uncle, "suspected", by)
        for present in ("guardian", "relative", "parent"):
            with pytest.raises(NoConsent):
                answer(dossier, team("shelter-cases"), by=by, branch="unknown", present=[present])
            with pytest.raises(Invalid):
                proposed(dossier, by=by, branch="unknown", present=[present])


# -- relatives and dependants --------------------------------------------------------------------


def test_a24_closing_a_parents_case_leaves_what_is_owed_to_the_child() -> None:
    with as_user("nigora") as by:
        mother = contact(by, NOW).dossier
        son = cases.add_relative(
            mother,
            relation="child",
            safe_to_talk="yes",
            danger_now="none",
            answers={"age_branch": "child"},
            by=by,
            at=NOW,
        )
        assert (son.case_category, son.dossier.holder_id) == ("family_member", mother.holder_id)
        before = kinds(son.dossier)
        assert {"child.advocate", "case.later_questions"} <= before
        cases.close(mother, reason="contact_lost", by=by, at=NOW)
        assert kinds(son.dossier) == before
        assert queries.is_open(son.dossier)
        assert [one.relation for one in queries.relatives_of(mother)] == ["Child"]
        assert [one.relation for one in queries.relatives_of(son.dossier)] == ["Mother or father"]


def test_a24_who_reaches_one_file_learns_nothing_of_the_other() -> None:
    referral = accepted()
    with as_user("nigora") as by:
        son = child(by).dossier
        cases.link(referral.dossier, other=son, relation="child", by=by, at=NOW)
        daughter = child(by).dossier
        cases.link(daughter, other=referral.dossier, relation="parent", by=by, at=NOW)
        assert len(queries.relatives_of(referral.dossier)) == 2
    with as_user("shirin"):
        assert Dossier.objects.filter(pk=referral.dossier.pk).exists()
        assert not Kin.objects.exists()
        assert not Dossier.objects.filter(pk__in=[son.pk, daughter.pk]).exists()
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM cases_kin")
            assert cursor.fetchone() == (0,)


def test_a24_each_answers_for_herself_and_a_yes_of_one_opens_nothing_of_the_other() -> None:
    with as_user("nigora") as by:
        mother, sister = contact(by, NOW).dossier, contact(by, NOW).dossier
        cases.link(mother, other=sister, relation="brother_or_sister", by=by, at=NOW)
        answer(mother, team("shelter-cases"), by=by)
        with pytest.raises(NoConsent):
            referrals.send(drafted(sister, by=by), by=by, at=NOW)


def test_a24_only_files_of_ones_own_are_linked_once_and_unlinked_with_a_day() -> None:
    with as_user("nigora") as by:
        first, second = contact(by, NOW).dossier, contact(by, NOW).dossier
        with pytest.raises(Invalid):
            cases.link(first, other=first, relation="child", by=by, at=NOW)
        with pytest.raises(Invalid):
            cases.link(first, other=second, relation="zzz", by=by, at=NOW)
        kin = cases.link(first, other=second, relation="child", by=by, at=NOW)
        for one, other in ((first, second), (second, first)):
            with pytest.raises(Invalid):
                cases.link(one, other=other, relation="parent", by=by, at=NOW)
    with as_user("mavluda") as by:
        foreign = contact(by, NOW, in_team="clinic-cases").dossier
        with pytest.raises(Gone):
            cases.link(foreign, other=first, relation="child", by=by, at=NOW)
        with pytest.raises(Gone):
            cases.unlink(kin, by=by, at=NOW)
    with as_user("nigora") as by:
        with pytest.raises(Gone):
            cases.link(first, other=foreign, relation="child", by=by, at=NOW)
        give(first, by, "clinic-cases", "mavluda", CASE_CATEGORIES)
    with as_user("mavluda") as by:  # who reads a file does not hold it
        with pytest.raises(NotPossible, match="holds the case"):
            cases.link(foreign, other=first, relation="child", by=by, at=NOW)
        with pytest.raises(NotPossible, match="holds the case"):
            cases.unlink(kin, by=by, at=NOW)
    with as_user("nigora") as by:
        cases.unlink(kin, by=by, at=NOW)
        assert queries.relatives_of(first) == []
        assert Kin.objects.get().ended_at == NOW
        with pytest.raises(Gone):
            cases.unlink(kin, by=by, at=NOW)


def test_a24_the_same_form_sent_twice_opens_one_file() -> None:
    with as_user("nigora") as by:
        mother = contact(by, NOW).dossier
        told: dict[str, Any] = {"safe_to_talk": "yes", "danger_now": "none", "answers": {}}
        told |= {"relation": "child", "submission": SUBMISSION, "by": by, "at": NOW}
        made = [cases.add_relative(mother, **told) for _click in range(2)]
        assert made[0] == made[1]
        assert Kin.objects.count() == 1
        # Once more after the link was taken back: linked anew, and no second file or category.
        cases.unlink(Kin.objects.get(), by=by, at=NOW)
        assert cases.add_relative(mother, **told) == made[0]
        assert Kin.objects.filter(ended_at=None).count() == 1
        assert len(queries.facts_of(made[0].dossier, ["case_category"])) == 1


# -- one category on any day ---------------------------------------------------------------------


def test_a7_three_moves_leave_three_dated_signed_entries_and_one_category_each_day() -> None:
    start = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
    moves = ["identified", "status_holder", "vulnerable_migrant"]
    with as_user("nigora") as by:
        case = contact(by, start)
        other = contact(by, start + DAY)
        for number, code in enumerate(moves, start=1):
            cases.classify(case.dossier, code=code, by=by, at=start + number * 10 * DAY)
        entries = queries.history(case.dossier, "case_category")
        assert [(one.code, one.added_by) for one in entries] == [(c, by) for c in reversed(moves)]
        assert [one.added_at for one in reversed(entries)] == [
            start + number * 10 * DAY for number in (1, 2, 3)
        ]
        expected = {
            date(2026, 3, 1): "",
            date(2026, 3, 2): "potential",
            date(2026, 3, 11): "potential",
            date(2026, 3, 12): "identified",
            date(2026, 3, 21): "identified",
            date(2026, 3, 22): "status_holder",
            date(2026, 4, 1): "vulnerable_migrant",
            date(2027, 1, 1): "vulnerable_migrant",
        }
        found = {day: queries.category_on(case.dossier, day) for day in expected}
        assert found == expected
        for day in expected:
            counts = queries.counts_on(day)
            opened = [one for one in (case, other) if policy.local_day(one.opened_at) <= day]
            assert sum(counts.values()) == len(opened)
        assert queries.counts_on(date(2026, 3, 25)) == {"status_holder": 1, "potential": 1}
    with as_user("shirin"):
        assert queries.counts_on(date(2026, 3, 25)) == {}


def test_a7_of_two_moves_on_one_day_the_last_counts() -> None:
    start = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
    with as_user("nigora") as by:
        case = contact(by, start)
        for code in ("identified", "family_member"):
            cases.classify(case.dossier, code=code, by=by, at=start)
        assert queries.category_on(case.dossier, date(2026, 3, 2)) == "family_member"
        with pytest.raises(NotPossible):
            cases.classify(case.dossier, code="family_member", by=by, at=start)
        with pytest.raises(IntegrityError), transaction.atomic():
            double = Fact.objects.get(removed_at=None, field="case_category")
            double.pk = SUBMISSION
            double.save(force_insert=True)
