"""A release from its plan over forecast, spend, gate and two signatures to what others take."""

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable
from html import unescape
from pathlib import Path

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from panoh.access import actions as access
from panoh.kernel.rules import Invalid, NotPossible, Refused
from panoh.statistics import actions as numbers
from panoh.statistics import queries
from panoh.statistics.actions.working import BROKEN, TRIES
from panoh.statistics.management.commands import release
from panoh.statistics.models import Output, Signature, Source
from panoh.statistics.rules import making
from panoh.statistics.rules.making import ERRORS
from panoh.statistics.rules.outputs import OFFICIAL_PAPERS, PAPERS, Field, State, incomplete
from panoh.statistics.rules.release.ledger import OFFICIAL, BadLedger, notes
from panoh.statistics.rules.release.plan import read
from tests.factories import numbers as made
from tests.factories.clients import client_of, words
from tests.factories.numbers import CHECKS, NOON, PREPARES, PROTECTS
from tests.factories.referrals import as_jobs
from tests.factories.staff import ADMIN, as_user, user

LANGUAGES = ("tg", "ru", "en")
Connect = Callable[[str], psycopg.Connection]


def spent() -> list[str]:
    """The states of the ledger's lines, oldest first."""
    with as_user(PREPARES):
        told = queries.ledger_told()
        assert told["is_whole"]
        return [one.state for one, _entry in reversed(told["lines"])]


def test_g19_a_release_goes_from_its_plan_to_readers(fresh_db: str) -> None:
    row = made.forecast()
    assert (row.state, row.is_passed, spent()) == (State.FORECAST, True, [])
    address = reverse("statistics:show", args=[row.pk])
    assert "May be released." in words(client_of(PREPARES, "en").get(address))
    with as_user(PREPARES) as by, pytest.raises(NotPossible, match="agrees first"):
        numbers.ask(row, made.table(), by=by, at=NOON)
    assert client_of(PROTECTS).post(reverse("statistics:allow", args=[row.pk])).status_code == 302
    made.asked(row)
    made.work()
    row = made.now(row)
    assert (row.state, row.is_passed) == (State.MADE, True), row.fault
    assert spent() == ["reserved", "spent"]
    with as_jobs():
        assert not Source.objects.exists(), "what was sent is destroyed"
    # The confidential errors are for the two who sign.
    assert "Confidential" in words(client_of(PROTECTS, "en").get(address))
    assert "Confidential" not in words(client_of(PREPARES, "en").get(address))
    with as_user(PREPARES):
        assert queries.paper(row, ERRORS) is None
    reader = client_of("nigora", "en")
    assert reader.get(address).status_code == 404
    with as_user(PREPARES) as by, pytest.raises(NotPossible, match="Two different people"):
        numbers.publish(row, by=by, at=NOON)
    made.published(row)
    for language in LANGUAGES:
        assert client_of("nigora", language).get(address).status_code == 200
    got = reader.get(reverse("statistics:file", args=[row.pk, "zip"]))
    with zipfile.ZipFile(io.BytesIO(got.content)) as archive:
        names = set(archive.namelist())
        assert set(PAPERS) <= names and ERRORS not in names
        for line in archive.read("checksums.sha256").decode().splitlines():
            mark, name = line.split("  ")
            assert hashlib.sha256(archive.read(name)).hexdigest() == mark
        signed = json.loads(archive.read("signatures.json"))
    assert signed["signed_for"] == ["check", "protection"]
    assert signed["words"].keys() == set(LANGUAGES)
    with as_user(PREPARES):
        assert signed["seal"] == queries.seal_of(row)
    assert reader.get(reverse("statistics:ledger")).status_code == 404
    ledger = words(client_of(PREPARES, "en").get(reverse("statistics:ledger")))
    assert "spent before the draw" in ledger and str(timezone.localdate().year) in ledger
    # One approver alone takes it down, at once.
    with as_user(PROTECTS) as by:
        numbers.withdraw(row, reason="fictional complaint", by=by, at=NOON)
    assert reader.get(reverse("statistics:file", args=[row.pk, "zip"])).status_code == 404
    made.work()
    made.work()
    assert spent() == ["reserved", "spent", "withdrawn"]
    with as_user(PREPARES):
        assert all(one.is_live for one in queries.told(made.now(row)).signed)


def test_g19_who_withdrew_is_left_out_of_the_next_release(fresh_db: str) -> None:
    row = made.forecast(more='person = "who"')
    lines = made.table().decode().splitlines()
    # A name is who it is, whatever blanks and marks a table was typed with.
    each = [f"key\u00a0{at}\u200b,{line}" for at, line in enumerate(lines[1:])]
    content = "\n".join([f"who,{lines[0]}", *each]).encode()
    preparer, address = client_of(PREPARES, "en"), reverse("statistics:leavers")
    given = {"population": "fictional people"}
    assert "Name who withdrew" in words(preparer.post(address, given))
    for names in ("".join(f" key  {at} \n" for at in range(600)), "key 1"):
        assert preparer.post(address, given | {"names": names}).status_code == 302
    page = words(preparer.get(address))
    assert "fictional people: 600" in page and "key 1" not in page
    with as_user(PREPARES), connection.cursor() as cursor:
        for text in ("SELECT mark", "SELECT by_id", "DELETE"):
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                cursor.execute(f"{text} FROM statistics_leaver")
    with as_user(PREPARES) as by, pytest.raises(Invalid, match="the plan needs person"):
        numbers.plan_release(made.plan_text(), about=made.META, by=by, at=NOON)
    made.asked(row, content)
    made.work()
    with as_user(PREPARES):
        total = queries.json_of(row, "dashboard.json")["total"]["count"]
    assert abs(total - 2400) < 60


def test_g19_what_lacks_its_papers_costs_nothing(fresh_db: str) -> None:
    """Neither a spend nor a line of official tables, which later ones would be compared with."""
    for plan in (made.OFFICIAL, made.plan_text()):
        with as_user(PREPARES) as by:
            about = made.META | {"contact": " "}
            row = numbers.plan_release(plan, about=about, by=by, at=NOON)
        made.work()
        made.asked(row)
        made.work()
        row = made.now(row)
        assert (row.state, row.fault) == (State.REFUSED, "SR-G8: not said or not there: contact")
    assert spent() == []


def test_g19_a_changed_byte_voids_both_signatures_and_nothing_is_given_out(
    fresh_db: str, connect: Connect
) -> None:
    row = made.published(made.release())
    owner = connect("owner")
    owner.execute("ALTER TABLE statistics_paper DISABLE TRIGGER statistics_for_ever")
    owner.execute(
        "UPDATE statistics_paper SET content = content || '\\x0a' WHERE path = 'rows.csv'"
    )
    with as_user(PREPARES):
        assert not any(one.is_live for one in queries.told(row).signed)
    reader = client_of("nigora", "en")
    assert reader.get(reverse("statistics:file", args=[row.pk, "zip"])).status_code == 409
    page = words(reader.get(reverse("statistics:show", args=[row.pk])))
    assert "not the files that were signed" in page and "All people" not in page
    # Nor does a changed ledger take another line; estimates are made all the same.
    with as_user(PROTECTS) as by:
        numbers.withdraw(row, reason="fictional reason", by=by, at=NOON)
    owner.execute("ALTER TABLE statistics_spend DISABLE TRIGGER statistics_for_ever")
    owner.execute("UPDATE statistics_spend SET entry = replace(entry, 'reserved', 'refused')")
    assert made.made().state == State.MADE
    assert "A line of the ledger was changed" in words(
        client_of(PREPARES, "en").get(reverse("statistics:ledger"))
    )


def test_g19_the_spend_is_written_before_the_draw_and_stays(
    fresh_db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine stops while it draws; the worker that comes back draws nothing again."""
    row = made.asked(made.forecast())

    def stops(*_args: object) -> None:
        assert spent_by_jobs() == ["reserved"]
        raise KeyboardInterrupt

    def spent_by_jobs() -> list[str]:
        return [json.loads(entry)["state"] for entry, _mark, _sign in queries.ledger_lines()]

    monkeypatch.setattr(making, "release", stops)
    with pytest.raises(KeyboardInterrupt):
        made.work()
    monkeypatch.undo()
    made.work()
    row = made.now(row)
    assert (row.state, spent()) == (State.FAILED, ["reserved"])
    assert "stays spent" in row.fault
    with as_jobs():
        assert not Source.objects.exists()


def test_g19_the_ledger_of_the_pages_stops_at_the_cap(fresh_db: str) -> None:
    """The cap of epsilon 12 lets one such release through, and no second one."""
    first, second = made.forecast(epsilon=8), made.forecast(epsilon=8)
    for row in (first, second):
        made.asked(row)
        made.work()
    first, second, third = made.now(first), made.now(second), made.forecast(epsilon=8)
    assert (first.state, second.state) == (State.MADE, State.REFUSED)
    # Since then already the forecast says so.
    assert third.state == State.REFUSED and third.fault.startswith("SR-G2")
    assert second.fault.startswith("SR-G2") and spent() == ["reserved", "spent"]
    page = words(client_of(PREPARES, "ru").get(reverse("statistics:show", args=[second.pk])))
    assert "бюджет этой группы позволяет ещё" in page
    assert "1 января 2024 – 31 декабря 2024" in page
    assert re.search(r"\d,\d%", page) and not re.search(r"\d\.\d%", page)


@pytest.mark.django_db
def test_g19_bad_plans_are_said_in_the_readers_language() -> None:
    given = made.META | {"plan": made.plan_text().replace("epsilon = 8", "")}
    given |= {"since": "2024-01-01", "until": "2024-12-31"}
    for language, says in (
        ("en", "epsilon is missing"),
        ("ru", "нет epsilon"),
        ("tg", "epsilon нест"),
    ):
        page = client_of(PREPARES, language).post(reverse("statistics:release"), given)
        text = words(page)
        assert says in text and "fictional research" in page.content.decode()
    with as_user(PREPARES) as by:
        for wrong in ("n_pub = 3000", 'audience = "everybody"'):
            with pytest.raises(Invalid):
                plan = made.plan_text().replace(wrong, "")
                numbers.plan_release(plan, about=made.META, by=by, at=NOON)
        assert not Output.objects.exists()


def test_g19_data_that_does_not_fit_costs_nothing(fresh_db: str) -> None:
    row = made.forecast()
    for content in (b"", b"sex\nwoman\n", b"sex,place\nother,north\n", b"\xff,\xfe\n"):
        with pytest.raises(Invalid):
            made.asked(row, content)
    with as_user(CHECKS) as by, pytest.raises(Refused):
        numbers.ask(row, made.table(), by=by, at=NOON)
    with as_user(PREPARES) as by, pytest.raises(Refused):
        numbers.allow(row, by=by, at=NOON)
    assert (made.now(row).state, spent()) == (State.FORECAST, [])
    with as_user(CHECKS) as by, pytest.raises(Invalid):
        numbers.refuse(row, reason=" ", by=by, at=NOON)
    with as_user(CHECKS) as by:
        refused = numbers.refuse(row, reason="fictional reason", by=by, at=NOON)
    assert refused.state == State.REFUSED
    page = client_of(PREPARES, "en").get(reverse("statistics:show", args=[row.pk]))
    assert "fictional reason" in words(page)


def test_g19_what_may_not_be_decided_is_refused_and_nothing_is_spent(fresh_db: str) -> None:
    row = made.forecast()
    with as_user(PREPARES) as by:
        with pytest.raises(Invalid):
            numbers.leave("nobody we know", ["key 1"], by=by, at=NOON)
        long = made.plan_text().replace("fictional people", "p" * 121)
        with pytest.raises(Invalid):
            numbers.plan_release(long, about=made.META, by=by, at=NOON)
        with pytest.raises(Refused):
            numbers.refuse(row, reason="own", by=by, at=NOON)
    with as_user(PROTECTS) as other:
        numbers.allow(row, by=other, at=NOON)
        with pytest.raises(NotPossible):
            numbers.allow(row, by=other, at=NOON)
    with as_user("nigora") as by, pytest.raises(Refused):
        numbers.publish(row, by=by, at=NOON)
    assert (made.now(row).state, spent()) == (State.FORECAST, [])


def test_g19_who_has_both_roles_neither_signs_nor_sends_what_is_not_theirs(fresh_db: str) -> None:
    """The preparer may hold a signer's role as well, and a signer a preparer's."""
    with as_user(ADMIN) as admin:
        access.appoint(user=user(PREPARES), role="dpo", by=admin, at=NOON)
        access.appoint(user=user(CHECKS), role="rap", by=admin, at=NOON)
    own = made.made()
    with as_user(PREPARES) as by, pytest.raises(Refused):
        numbers.sign(
            own, field=Field.PROTECTION, seal=queries.seal_of(own), record=made.record(),
            by=by, at=NOON,
        )  # fmt: skip
    row = made.forecast()
    with as_user(PROTECTS) as by:
        numbers.allow(row, by=by, at=NOON)
    with as_user(CHECKS) as by, pytest.raises(NotPossible):
        numbers.ask(row, made.table(), by=by, at=NOON)
    assert (made.now(row).state, spent()) == (State.FORECAST, [])
    with as_user(PREPARES):
        assert not Signature.objects.exists()
    with as_jobs():
        assert not Source.objects.exists(), "nothing was sent"


def test_g19_files_go_to_nobody_who_may_not_read_counts(fresh_db: str) -> None:
    row = made.published(made.made())
    with as_user("pulod") as by, pytest.raises(Refused):
        numbers.open_paper(row, name="statement.html", by=by, at=NOON)


def test_g19_work_that_is_broken_off_twice_fails(fresh_db: str) -> None:
    row = made.asked(made.forecast())
    with as_jobs():
        for _ in range(TRIES):
            assert numbers.take(by="statistics", at=NOON) is not None
        found = numbers.take(by="statistics", at=NOON)
    assert found is not None and found.pk == row.pk
    row = made.now(row)
    assert (row.state, row.fault, spent()) == (State.FAILED, BROKEN, [])
    with as_jobs():
        assert not Source.objects.exists(), "what was sent is destroyed"


def test_g19_official_tables_that_were_made_elsewhere_cannot_be_compared(
    fresh_db: str, settings: Settings, tmp_path: Path
) -> None:
    settings.PANOH_VAR = tmp_path
    row = made.asked(made.forecast(made.OFFICIAL))
    with notes(tmp_path / "ledger-heads", "fictional people") as found:
        found.add(f"{OFFICIAL} {'0' * 64}", 0.0)
    made.work()
    row = made.now(row)
    assert row.state == State.REFUSED and row.fault.startswith("SR-A8"), row.fault
    assert spent() == []


def test_g19_official_tables_go_the_same_way_and_are_compared_with_what_is_out(
    fresh_db: str, settings: Settings, tmp_path: Path
) -> None:
    """Path A from the pages: nothing is spent, the ledger knows, and a second one that differs by
    a few people from the first is refused."""
    settings.PANOH_VAR = tmp_path
    row = made.forecast(made.OFFICIAL)
    address = reverse("statistics:show", args=[row.pk])
    assert "Nothing is spent" in words(client_of(PREPARES, "en").get(address))
    made.asked(row)
    made.work()
    row = made.now(row)
    assert (row.state, row.is_passed) == (State.MADE, True), row.fault
    made.published(row)
    for language, says in (("en", "Small or none"), ("ru", "мало или нет"), ("tg", "кам ё нест")):
        page = words(client_of("nigora", language).get(address))
        assert says.lower() in page.lower()
    with as_user(PREPARES):
        (line,) = queries.spends()
        assert line[1]["not_dp"] and len(set(line[1]["people"])) == 2
    got = client_of("nigora").get(reverse("statistics:file", args=[row.pk, "zip"]))
    with zipfile.ZipFile(io.BytesIO(got.content)) as archive:
        assert set(OFFICIAL_PAPERS) <= set(archive.namelist())
        about = json.loads(archive.read("dataset.json"))
    assert about["dct:license"] == "fictional licence"
    assert about["dct:temporal"] == made.META["period"]
    later = made.forecast(made.OFFICIAL)
    made.asked(later, made.table() + b"woman,north\n" * 3)
    made.work()
    later = made.now(later)
    assert later.state == State.REFUSED and "SR-A8" in later.fault
    # In which cells, those who sign see and nobody else.
    address = reverse("statistics:show", args=[later.pk])
    assert "sex=woman, place=north" not in words(client_of(PREPARES, "en").get(address))
    assert "sex=woman, place=north" in words(client_of(PROTECTS, "en").get(address))
    assert len(spent()) == 1
    # A budget is kept in one place: the command refuses what the pages keep.
    with notes(tmp_path / "ledger-heads", "fictional people") as found:
        with pytest.raises(BadLedger, match="kept in Panoh"):
            release.kept_here(found)
        found.add("0" * 64, 99.0)
    # What files have spent counts here.
    third = made.forecast()
    assert (third.state, third.fault[:5]) == (State.REFUSED, "SR-G2")


@pytest.mark.django_db
def test_g19_plans_of_official_tables_for_readers_need_a_public_k() -> None:
    for old, new in (("k = 10", "k = 5"), ("k = 10", 'earlier = ["x"]'), ("k = 10", "epsilon = 4")):
        with as_user(PREPARES) as by, pytest.raises(Invalid):
            plan = made.OFFICIAL.replace(old, new)
            numbers.plan_release(plan, about=made.META, by=by, at=NOON)


def test_g19_papers_that_lack_something_are_named() -> None:
    about = made.META | {"audience": "a", "population": "p"}
    assert incomplete(about, PAPERS) == []
    assert incomplete(about | {"consent": " "}, PAPERS[1:]) == ["consent", PAPERS[0]]


@pytest.mark.django_db
def test_the_plan_that_the_page_shows_is_one_that_it_takes() -> None:
    for language in LANGUAGES:
        page = client_of(PREPARES, language).get(reverse("statistics:release")).content.decode()
        (shown,) = re.findall(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL)
        plan = read(unescape(shown).replace("…", "Fictional people"))
        assert [one.name for one in plan.columns] == ["sex", "region"], language
