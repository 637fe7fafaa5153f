"""An estimate from its plan to the page that others read."""

import json
from collections.abc import Callable

import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse

from config import launch
from panoh.kernel.rules import Invalid, NotPossible, Refused
from panoh.statistics import actions as numbers
from panoh.statistics import queries, tasks
from panoh.statistics.models import Output
from panoh.statistics.rules.making import MODELS, RESULT
from panoh.statistics.rules.outputs import Field, State, as_told
from tests.factories import numbers as made
from tests.factories.clients import client_of, words
from tests.factories.numbers import APART, CHECKS, NOON, NOTHING, PREPARES, PROTECTS
from tests.factories.staff import as_user

LANGUAGES = ("tg", "ru", "en")


def page(row: Output, name: str = PREPARES, language: str = "en") -> str:
    found = client_of(name, language).get(reverse("statistics:show", args=[row.pk]))
    assert found.status_code == 200
    return words(found)


def shown(number: float) -> str:
    """A number as a page writes it, and ``words`` reads it."""
    return f"{round(number):,}".replace(",", " ")


def test_g18_an_estimate_goes_from_its_plan_to_readers(
    fresh_db: str, connect: Callable[[str], psycopg.Connection]
) -> None:
    row = made.planned()
    assert row.state == State.PLANNED
    # Hours of numbers are computed one by one, beside what the worker does for alerts.
    assert "--concurrency 2" in " ".join(launch.worker())
    busy = connect("jobs")
    busy.execute("SELECT pg_advisory_lock(%s)", [tasks.LOCK])
    made.work()
    assert made.now(row).state == State.PLANNED and made.now(row).tries == 0
    busy.close()
    made.work()
    row = made.now(row)
    assert (row.state, row.status, row.is_passed) == (State.MADE, "estimate", True)
    with as_user(PREPARES):
        result = queries.json_of(row, RESULT)
        models = queries.models_of(row)
    low, high = result["envelope"]
    text = page(row)
    for one in result["methods"]:
        point = shown(one["estimate"])
        assert text.index(" to ") < text.index(point), "the interval first, the point second"
    assert "Spread over all methods" in text and "No data can test this" in text
    assert f"Models tried: {result['models_tried']}" in text
    assert low < high
    assert models.count("order 2,") + models.count("order 3,") > 8, "every model is kept"
    # Nobody else yet.
    reader = client_of("nigora", "en")
    address = reverse("statistics:show", args=[row.pk])
    assert reader.get(address).status_code == 404
    made.published(row)
    assert "published" in words(reader.get(address))
    got = reader.get(reverse("statistics:file", args=[row.pk, "json"]))
    assert json.loads(got.content)["envelope"] == result["envelope"]
    for language in LANGUAGES:
        assert client_of("nigora", language).get(address).status_code == 200
    # One approver alone takes it down.
    with as_user(CHECKS) as by:
        numbers.withdraw(row, reason="fictional doubt", by=by, at=NOON)
    assert reader.get(reverse("statistics:file", args=[row.pk, "json"])).status_code == 404
    assert "Spread" not in words(reader.get(address))


def test_g18_where_models_disagree_no_single_number_is_shown(fresh_db: str) -> None:
    row = made.made(APART)
    assert row.status == "range_only"
    with as_user(PREPARES):
        result = queries.json_of(row, RESULT)
    points = {shown(one["estimate"]) for one in result["methods"] if one["estimate"]}
    points -= {shown(limit) for limit in result["envelope"]}
    for language in LANGUAGES:
        text = page(row, language=language)
        assert points and not any(point in text for point in points)
    told = json.loads(
        client_of(PREPARES).get(reverse("statistics:file", args=[row.pk, "json"])).content
    )
    assert told["methods"] == [] and told["envelope"] == result["envelope"]
    assert "Only a range" in page(row)
    models = reverse("statistics:file", args=[row.pk, "models"])
    assert client_of(PREPARES).get(models).status_code == 404


def test_g18_no_estimate_is_an_ordinary_answer(fresh_db: str) -> None:
    row = made.made(NOTHING)
    assert (row.state, row.status) == (State.MADE, "no_estimate")
    text = page(row)
    assert "No estimate" in text and "a result like any other" in text


def test_g18_groups_stand_apart_and_no_estimate_may_be_published(fresh_db: str) -> None:
    """Each group has its own answer under the sum; an honest no is published like a number."""
    head, *rows = made.GOOD.decode().split()
    bad = made.NOTHING.decode().split()[1:]
    lines = [f"{head.removesuffix(',count')},region,count"]
    for group, cells in (("North", rows), ("South", bad)):
        lines += [
            f"{cell[: cell.rindex(',')]},{group},{cell[cell.rindex(',') + 1 :]}" for cell in cells
        ]
    row = made.made("\n".join(lines).encode(), strata="region")
    assert (row.status, row.is_passed) == ("no_estimate", True)
    with as_user(PREPARES):
        models = queries.models_of(row)
    assert "North," in models and "South," not in models, "no single number behind a no"
    made.published(row)
    for language in LANGUAGES:
        text = page(row, "nigora", language)
        assert "North" in text and "South" in text
    text = page(row, "nigora")
    assert "North: An interval and a number" in text and "South: No estimate" in text
    told = client_of("nigora").get(reverse("statistics:file", args=[row.pk, "json"]))
    strata = json.loads(told.content)["strata"]
    assert strata["North"]["methods"] and not strata["South"]["methods"]
    own = client_of(PREPARES).get(reverse("statistics:file", args=[row.pk, "json"]))
    assert told.content == own.content, "cut in the database as in the programme"
    with pytest.raises(Invalid, match="region"):
        made.planned(made.GOOD, strata="region")


def test_g18_past_the_programme_too_a_reader_has_what_may_be_said(fresh_db: str) -> None:
    """Signed as a range only: no number of a single method, also not with free SQL."""
    row = made.made(APART)
    with as_user(PREPARES):
        result = queries.json_of(row, RESULT)
    points = {str(one["estimate"]) for one in result["methods"] if one["estimate"]}
    points -= {str(limit) for limit in result["envelope"]}
    made.published(row)
    with as_user("nigora"), connection.cursor() as cursor:
        cursor.execute(
            "SELECT path, convert_from(content, 'UTF8') FROM statistics_paper "
            "WHERE output_id = %s AND path LIKE '%%.json'",
            [row.pk],
        )
        read = dict(cursor.fetchall())
        cursor.execute("SELECT path FROM statistics_paper WHERE output_id = %s", [row.pk])
        assert {path for (path,) in cursor.fetchall()} & {RESULT, MODELS} == set()
        cursor.execute("SELECT statistics_told(%s)::text", [row.pk])
        read["told"] = cursor.fetchone()[0]
    assert points and not any(point in text for point in points for text in read.values())
    assert json.loads(read["told"])["envelope"] == result["envelope"]
    with as_user("nigora"):
        assert queries.result_of(row)["methods"] == []
        # What was worked out for a reader is what leaves the house for one who prepares.
        told = as_told(queries.result_of(row), "range_only")
    assert told == as_told(result, "range_only")
    with connection.cursor() as cursor:
        cursor.execute("SELECT statistics_told(%s), statistics_status(%s)", [row.pk, row.pk])
        assert cursor.fetchone() == (None, None), "nobody is signed in"


def test_g18_an_approver_only_makes_it_stricter(fresh_db: str) -> None:
    row = made.made(APART)
    said = "never milder"
    with pytest.raises(NotPossible, match=said):
        made.sign(row, (PROTECTS, Field.PROTECTION), status="estimate")
    row = made.sign(row, (PROTECTS, Field.PROTECTION), status="no_estimate")
    with as_user(PREPARES):
        assert queries.told(row).status == "no_estimate"
    assert "over all methods" not in page(row).lower()


def test_g18_the_same_table_and_seed_give_the_same_bytes(fresh_db: str) -> None:
    one, two = made.made(), made.made(name="Again")
    with as_user(PREPARES):
        assert queries.paper(one, RESULT) == queries.paper(two, RESULT)
        assert queries.alike(one) == [two], "whoever tries again is seen"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"A,B,C\n1,0,0\n", "the last column must be named 'count'"),
        (b"A,count\n1,5\n", "1 list: overlaps need at least two"),
        (b"A,B,C,count\n1,0,0,-5\n", "a count is a whole number from 0, not '-5'"),
        (b"\xff\xfe", "is not UTF-8 text"),
    ],
)
def test_g18_a_bad_table_is_said_and_nothing_is_lost(content: bytes, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        made.planned(content)
    given = {
        **{key: made.ABOUT[key] for key in ("definition", "place", "owners", "linkage")},
        "linkage_version": "1",
        "name": "Fictional words that were typed",
        "since": "2024-01-01",
        "until": "2024-12-31",
        "order": "2",
        "replicates": "100",
        "seed": "7",
    }
    for language in LANGUAGES:
        sent = client_of(PREPARES, language).post(
            reverse("statistics:estimate"), given | {"file": _file(content)}
        )
        text = sent.content.decode()
        assert "Fictional words that were typed" in text and "govuk-error-message" in text
        assert (says.split("'", maxsplit=1)[0] in text) == (language == "en"), language
    with as_user(PREPARES):
        assert not Output.objects.exists()


def _file(content: bytes) -> object:
    return SimpleUploadedFile("table.csv", content)


@pytest.mark.django_db
def test_g18_who_prepares_does_not_sign_and_others_do_not_prepare() -> None:
    row = made.planned()
    with as_user(PREPARES) as by, pytest.raises(Refused):
        numbers.sign(row, field=Field.CHECK, seal="", record={}, by=by, at=NOON)
    with as_user("nigora") as by, pytest.raises(Refused):
        numbers.plan_estimate(
            made.GOOD,
            name="x",
            order=2,
            replicates=100,
            seed=1,
            decision=None,
            about=made.ABOUT,
            by=by,
            at=NOON,
        )


def test_g18_what_lacks_its_lines_or_its_origin_is_neither_signed_nor_published(
    fresh_db: str,
) -> None:
    few = made.made(b"A,B,C,count\n1,0,0,30\n0,1,0,20\n0,0,1,10\n1,1,0,5\n1,0,1,5\n0,1,1,5\n")
    assert (few.state, few.is_passed) == (State.MADE, False), "under a hundred cases"
    with as_user(PREPARES) as by, pytest.raises(NotPossible):
        numbers.publish(few, by=by, at=NOON)
    with as_user(PROTECTS) as by, pytest.raises(Invalid) as refused:
        numbers.sign(
            few,
            field=Field.PROTECTION,
            seal=queries.seal_of(few),
            record=made.record() | {"people": " "},
            by=by,
            at=NOON,
        )
    assert refused.value.field == "people"
    assert made.now(few).state == State.MADE
