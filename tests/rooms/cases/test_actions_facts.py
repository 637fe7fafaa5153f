"""Changing answers, and what is told about a case."""

import pytest
from django.db import IntegrityError, transaction

from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.models import FACTS, Case, Fact
from panoh.kernel.rules import Category, Gone, Invalid, Refused, Stale
from panoh.policy import queries as policy
from panoh.vault import queries as vault
from tests.factories.cases import AT, again, change, contact, kinds, record, share
from tests.factories.staff import as_user

pytestmark = pytest.mark.django_db


def test_a_stale_form_shows_both_and_loses_neither() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        assert change(case, by, 1, sex="man").version == 2
    with as_user("safar") as other:
        with pytest.raises(cases.Changed) as both:
            change(case, other, 1, sex="own_words", language="ru")
        assert both.value.theirs == {"sex": "man", "language": "tg"}
        assert both.value.yours == {"sex": "own_words", "language": "ru"}
        assert isinstance(both.value, Stale)
        assert again(case).sex == "man"
        assert change(case, other, 1, sex="man").version == 2  # the same answer is no conflict
        assert change(case, other, 2, sex="own_words").sex == "own_words"


def test_answering_everything_ends_the_duty() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        assert kinds(case) == ["case.later_questions"]
        rest = {
            "age_band": "age_21_29",
            "channel": "telephone",
            "contact_source": "self",
            "children": "not_yet_known",
        }
        change(case, by, 1, **rest)
        assert kinds(case) == []
        summary = queries.summary(case.dossier)
        assert summary["age_band"] == "21 to 29 years"
        assert summary["district"]


def test_a13_saving_without_a_scope_is_refused() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        assert again(case).scope == "not_yet_known"
        with pytest.raises(Invalid):
            change(case, by, 1, scope="")
        with pytest.raises(IntegrityError), transaction.atomic():
            Case.objects.filter(pk=case.pk).update(scope="")


def test_a13_the_district_table_splits_four_ways_and_sums_to_all_cases() -> None:
    with as_user("nigora") as by:
        scopes = ["internal", "transnational", "both", "not_yet_known", "internal"]
        for scope in scopes:
            contact(by, scope=scope)
        contact(by, scope="both", district="tj_3501266")
        table = queries.by_district()
        assert table["tj_3505401"] == {
            "both": 1,
            "internal": 2,
            "not_yet_known": 1,
            "transnational": 1,
        }
        total = sum(sum(row.values()) for row in table.values())
        assert total == Case.objects.count() == 6
    with as_user("shirin"):
        assert queries.by_district() == {}


def test_a9_every_form_is_selectable_and_an_old_case_shows_the_list_of_its_date() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        forms = [code.code for code in queries.offered("exploitation_forms")]
        assert len(forms) == 12
        plain = [code for code in forms if not queries.is_apart("exploitation_forms", code)]
        record(case, "exploitation_forms", *plain, by=by)
        assert queries.codes_of(case.dossier, "exploitation_forms") == plain
        facts = queries.facts_of(case.dossier, ["exploitation_forms"])
        assert {fact.list_on for fact in facts} == {policy.local_day(AT)}
        assert dict(queries.labelled(facts))[facts[0]] == policy.label(
            "exploitation_forms", facts[0].code, policy.local_day(AT)
        )


def test_an_answer_that_no_longer_holds_keeps_its_row() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        record(case, "means", "deceit", "violence", by=by)
        record(case, "means", "violence", "blackmail", by=by)
        assert queries.codes_of(case.dossier, "means") == ["blackmail", "violence"]
        past = queries.facts_of(case.dossier, ["means"], past=True)
        assert [(fact.code, fact.removed_at) for fact in past] == [
            ("deceit", AT),
            ("blackmail", None),
            ("violence", None),
        ]
        with pytest.raises(Invalid):
            record(case, "means", "magic", by=by)
        with pytest.raises(Invalid):
            record(case, "travel_papers", "held", "lost", "no_such", by=by)


def test_two_people_who_answer_the_same_question_lose_nothing() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        record(case, "means", "deceit", by=by, seen=[])
    with as_user("safar") as other:
        with pytest.raises(cases.Changed) as both:
            record(case, "means", "violence", by=other, seen=[])
        assert (both.value.theirs, both.value.yours) == (
            {"means": ["deceit"]},
            {"means": ["violence"]},
        )
        record(case, "means", "deceit", by=other, seen=[])  # the same answer is no conflict
        record(case, "means", "deceit", "violence", by=other, seen=["deceit"])
        assert queries.codes_of(case.dossier, "means") == ["deceit", "violence"]
        with pytest.raises(KeyError):
            record(case, "trafficking", "presumed", by=other)


def test_a11_the_summary_builds_from_codes() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        record(case, "acts", "recruitment", by=by)
        record(case, "exploitation_forms", "forced_labour", by=by)
        assert [str(one) for one in queries.elements(case.dossier).missing] == ["means"]
        record(case, "means", "false_promise_work", "withholds_documents", by=by)
        found = queries.elements(case.dossier)
        assert found.complete
        assert found.purposes == ("forced_labour",)
        child = contact(by, age_branch="child")
        record(child, "acts", "harbouring", by=by)
        record(child, "exploitation_forms", "begging", by=by)
        assert queries.elements(child.dossier).complete
        then = contact(by, under_18_then="yes")
        record(then, "acts", "harbouring", by=by)
        record(then, "exploitation_forms", "begging", by=by)
        assert queries.elements(then.dossier).complete


def test_a11_each_means_takes_a_sealed_note() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        fact = record(case, "means", "threats", by=by, notes={"threats": "He rang her mother."})[0]
        assert b"mother" not in bytes(Fact.objects.get(pk=fact.pk).note or b"")
        assert queries.note_texts([fact]) == {fact.pk: "He rang her mother."}
        record(case, "means", "threats", by=by, notes={"threats": "He rang twice."})
        fact = queries.facts_of(case.dossier, ["means"])[0]
        assert vault.open(fact, "note") == "He rang twice."
        share(case, by, "shelter-cases", "shirin", Category.CORE)
    with as_user("shirin"):
        fact = queries.facts_of(case.dossier, ["means"])[0]
        assert queries.note_texts([fact]) == {}  # the code is shared, the story is not


def test_facts_are_seen_with_the_category_of_their_question() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        record(case, "means", "threats", by=by)
        record(case, "triage_signs", "pregnant", by=by)
        record(case, "vulnerabilities", "debt", by=by)
        record(case, "immigration_status", "overstay", by=by)
        share(case, by, "shelter-cases", "shirin", Category.CORE | Category.HEALTH)
        share(case, by, "hotline-cases", "hadia", Category.CORE | Category.LEGAL)
    with as_user("shirin") as shelter:
        seen = {fact.field for fact in queries.facts_of(case.dossier, user=shelter)}
        assert seen == {"means", "triage_signs"}
        assert queries.readable(shelter, case.dossier) == Category.CORE | Category.HEALTH
        with pytest.raises(Refused):
            record(case, "immigration_status", "regular", by=shelter)
        with pytest.raises(Gone):
            record(case, "vulnerabilities", by=shelter)
    with as_user("hadia") as hotline:  # the grant is there, the role is not
        assert {fact.field for fact in queries.facts_of(case.dossier, user=hotline)} == {"means"}


def test_a19_what_is_shared_by_default_has_no_immigration_field() -> None:
    """The lines before acceptance, and every fact of the core: no status, no papers."""
    words = ("immigration", "papers", "status", "citizenship")
    assert not [name for name in queries.Minimum.__dataclass_fields__ if name in words]
    for field, question in FACTS.items():
        if any(word in field for word in words):
            assert question.category == Category.LEGAL
