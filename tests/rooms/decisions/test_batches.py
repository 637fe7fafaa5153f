"""Letters of many decisions: asked for, made by the background role, fetched by who asked."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from panoh.decisions import actions as decisions
from panoh.decisions import queries, tasks
from panoh.decisions.models import Application, Batch, BatchPart
from panoh.decisions.rules.application import Outcome
from panoh.decisions.rules.batch import is_tried_again
from panoh.files import actions as files
from panoh.files import queries as papers
from panoh.files.models import Printed
from panoh.kernel.rules import Invalid, Refused
from panoh.policy import queries as policy
from tests.factories.clients import client_of, words
from tests.factories.referrals import NOW, as_jobs, case
from tests.factories.staff import as_user, team
from tests.factories.status import SECOND, SECRETARY, commission, decided
from tests.house.test_letters import words_of

TODAY = policy.local_day(NOW)


@pytest.fixture
def rows(fresh_db: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Application]]:
    """Three decisions of one body; two letters make a part."""
    monkeypatch.setattr("panoh.decisions.actions.batches.PART", 2)
    body = commission()
    _held, found = decided(body, {Outcome.GRANTED: 2, Outcome.REFUSED: 1})
    yield found


def test_b4_many_letters_are_made_in_the_background_for_the_one_who_asked(
    rows: list[Application],
) -> None:
    secretary, other = client_of(SECRETARY, "en"), client_of(SECOND, "en")
    typed = {"body": "district-status", "since": TODAY.isoformat(), "until": TODAY.isoformat()}
    asked = words(secretary.post("/decisions/letters/many/", typed, follow=True))
    assert "3 letters are being made" in asked and "0 of 3 letters are made" in asked
    with as_user(SECRETARY):
        batch = Batch.objects.get()
        jobs = list(ProcrastinateJob.objects.filter(task_name__endswith="make_letters"))
        # A key, and nothing else.
        assert [job.args for job in jobs] == [{"batch": str(batch.pk)}]
        assert Printed.objects.count() == 3 and not Printed.objects.filter(is_named=True).exists()
    at = timezone.now()
    with as_jobs():
        assert decisions.make_letters(batch.pk, at=at) is True
        # It hands over what it made, and reads no case and no register.
        with connection.cursor() as cursor:
            for table in ("files_printed", "decisions_halfpage", "people_identity"):
                with pytest.raises(ProgrammingError), transaction.atomic():
                    cursor.execute(f"SELECT * FROM {table}")
    assert "2 of 3 letters are made" in words(secretary.get("/decisions/letters/many/"))
    with as_jobs():
        assert decisions.make_letters(batch.pk, at=at) is False
        assert decisions.make_letters(batch.pk, at=at) is False, "done is done"
    page = words(secretary.get("/decisions/letters/many/"))
    assert "3 letters are ready" in page and "Part 2 (PDF)" in page
    assert "letters are ready" not in words(other.get("/decisions/letters/many/"))
    address = f"/decisions/letters/many/{batch.pk}"
    made = [secretary.get(f"{address}/{number}/") for number in (1, 2)]
    assert {one["Content-Type"] for one in made} == {"application/pdf"}
    text = " ".join(words_of(one.content) for one in made)
    assert all(text.count(row.number) == 1 for row in rows)
    assert secretary.get(f"{address}/3/").status_code == 404
    for stranger in (SECOND, "nigora"):
        assert client_of(stranger, "en").get(f"{address}/1/").status_code in {403, 404}
    with as_user(SECOND):
        assert not Batch.objects.exists() and not BatchPart.objects.exists()
    # The background role makes for nobody what that account may not print itself.
    with pytest.raises(ProgrammingError, match="row-level"), as_user("nigora") as by:
        batch.pk, batch.account, batch.made = uuid4(), by, 0
        batch.save(force_insert=True)


def test_b4_what_nobody_fetched_is_destroyed_and_what_stopped_goes_on(
    rows: list[Application], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    with as_user(SECRETARY) as by:
        (body,) = queries.deciding_bodies()
        given: dict[str, Any] = {"since": TODAY, "until": TODAY, "language": "tg", "by": by}
        batch = decisions.ask_letters(body, **given, at=now)
        with pytest.raises(Invalid, match="Nothing was decided"):
            decisions.ask_letters(body, **(given | {"until": TODAY - timedelta(days=1)}), at=now)
        monkeypatch.setitem(policy.pack().settings, "letters_at_once", 2)
        with pytest.raises(Invalid, match="At most 2"):
            decisions.ask_letters(body, **given, at=now)
    with as_user("pulod") as by, pytest.raises(Refused):
        decisions.ask_letters(body, **(given | {"by": by}), at=now)
    with as_jobs():
        assert queries.left_behind(now) == []
        assert queries.left_behind(now + timedelta(minutes=2)) == [batch.pk]
        assert queries.left_behind(now + timedelta(minutes=3)) == [], "later and later"
        while decisions.make_letters(batch.pk, at=now):
            pass
        assert queries.left_behind(now + timedelta(minutes=2)) == []
        assert decisions.sweep_letters(at=now) == 0
        assert BatchPart.objects.count() == 2
        late = batch.expires_at
        assert decisions.sweep_letters(at=late) == 1
        assert not Batch.objects.exists() and not BatchPart.objects.exists()
        tasks.look_after_letters(timestamp=0)


def test_b4_what_cannot_be_made_is_tried_a_few_times_until_it_expires() -> None:
    """Were it each minute, it would be thousands of times, beside every alert."""
    kept = (policy.due("draft_hours", NOW) or NOW) - NOW
    minutes = range(kept // timedelta(minutes=1))
    assert 1 < sum(is_tried_again(timedelta(minutes=n)) for n in minutes) < 20


def test_b4_the_background_never_gets_a_letter_with_a_name(fresh_db: str) -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        holder = team("ngo-cases")
        for is_named in (True, False):
            files.number_letters(
                [(dossier, None)],
                code="status_notice",
                language="tg",
                team=holder,
                is_named=is_named,
                by=by,
                at=NOW,
            )
        given = {"team_id": holder.pk, "year": TODAY.year, "first": 1, "count": 9}
        with pytest.raises(ProgrammingError), transaction.atomic():
            papers.marks(**given)
    with as_jobs():
        assert [row.number for row in papers.marks(**given)] == [2]
        assert papers.marks(**(given | {"first": 3})) == []
