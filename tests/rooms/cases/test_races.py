"""Two requests at the same moment."""

from threading import Barrier, Thread
from uuid import UUID, uuid4

from django.db import IntegrityError, connections

from panoh.cases import actions as cases
from panoh.cases.models import Case
from tests.factories.cases import AT, contact
from tests.factories.staff import as_user, team


def at_once(*works: "Thread") -> None:
    for work in works:
        work.start()
    for work in works:
        work.join()


def test_a_double_click_saves_one_contact(fresh_db: str) -> None:
    form, gate = uuid4(), Barrier(2)
    saved: list[int] = []
    failed: list[BaseException] = []

    def click() -> None:
        try:
            with as_user("nigora") as by:
                gate.wait()
                saved.append(_contact(form, by).pk)
        except IntegrityError as fault:
            failed.append(fault)
        finally:
            connections.close_all()

    at_once(Thread(target=click), Thread(target=click))
    assert failed == []
    assert len(set(saved)) == 1
    with as_user("nigora"):
        assert Case.objects.count() == 1


def _contact(form: UUID, by: object) -> Case:
    return cases.open_contact(
        team=team("ngo-cases"),
        safe_to_talk="yes",
        danger_now="none",
        submission=form,
        by=by,  # type: ignore[arg-type]
        at=AT,
    )


def test_two_forms_at_once_one_is_told_and_nothing_is_lost(fresh_db: str) -> None:
    with as_user("nigora") as by:
        case = contact(by)
    gate = Barrier(2)
    done: list[str] = []

    def answer(account: str, sex: str) -> None:
        try:
            with as_user(account) as by:
                gate.wait()
                cases.change(case.dossier, changes={"sex": sex}, seen_version=1, by=by, at=AT)
                done.append(sex)
        except cases.Changed as both:
            done.append(f"told {both.theirs['sex']}")
        finally:
            connections.close_all()

    at_once(
        Thread(target=answer, args=("nigora", "man")),
        Thread(target=answer, args=("safar", "own_words")),
    )
    with as_user("nigora"):
        found = Case.objects.get(pk=case.pk)
        assert sorted(done) == sorted([found.sex, f"told {found.sex}"])
        assert found.version == 2
