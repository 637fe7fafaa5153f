"""A country is data: a second pack, and the skeleton of a third."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from panoh.policy import queries as policy
from panoh.policy.rules import PackFault, Standing
from tests.house.tree import ROOT

PACKS = ROOT / "packs"
STARTS = """
import django; django.setup()
from django.core.management import call_command
from django.test import RequestFactory
from django.urls import get_resolver
from django.utils.translation import override
from panoh.policy import queries as policy, views
call_command("check")
assert get_resolver().url_patterns
for language in policy.languages():
    with override(language):
        page = views.in_force(RequestFactory().get("/")).render().content.decode()
        assert "<!doctype html>" in page
print(policy.pack().code, *policy.languages(), policy.period("shelter_self_declared_days").text)
"""


def test_b10_another_country_renames_bodies_levels_and_periods() -> None:
    ours, theirs = policy.read(PACKS / "tj"), policy.read(PACKS / "kg")
    kind = "territorial_commission"
    assert theirs.unit_types[kind].label.into("en") == "Province coordination committee"
    assert ours.unit_types[kind].label.into("en") == "Territorial commission"
    # Another body identifies there, and none stands below a region.
    sits = theirs.body_kinds
    assert sits[kind].label.into("en") == "Province coordination committee"
    assert [code for code, one in sits.items() if one.decides] == ["rehabilitation_commission"]
    assert not any("district" in sits[code].levels for code in (kind, "rehabilitation_commission"))
    assert theirs.places["kg_b"].label("en") == "Batken"
    assert not theirs.places.keys() & ours.places.keys()
    assert [place.level for place in theirs.places.values()] == [1] * 9, "a level may be absent"
    stay = theirs.periods["shelter_self_declared_days"][0]
    assert (stay.value, stay.article, stay.standing) == (10, "article 21-4", Standing.UNVERIFIED)
    assert theirs.languages == ("ru", "en")
    assert theirs.lists["services"].rows[0].words.texts.keys() == {"ru", "en", "uz"}


def test_b10_no_law_of_another_country_is_ever_inherited() -> None:
    ours, theirs = policy.read(PACKS / "tj"), policy.read(PACKS / "kg")
    own = {"reflection_days", "shelter_self_declared_days", "plan_report_days"}
    for key, versions in theirs.periods.items():
        if key in own:
            continue
        law = [one for one in ours.periods[key] if not one.target]
        assert all(one.target or one.value is None for one in versions)
        assert all(not one.act and not one.verified for one in versions if not one.target)
        assert len(versions) == len(ours.periods[key]) or law
    assert theirs.acts[0].code == "law_55"
    assert not theirs.calendar.holidays
    assert theirs.agreements == ()
    assert theirs.coordinators == ()


def test_b10_the_whole_product_starts_with_another_country() -> None:
    """No line of the programme differs: only the folder of the pack."""
    done = subprocess.run(
        [sys.executable, "-c", STARTS],
        cwd=ROOT,
        env=os.environ | {"PANOH_PACK": str(PACKS / "kg"), "PANOH_MODE": "test"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.splitlines()[-1].startswith("kg ru en 10")


def test_b10_letters_of_another_country_are_printed_from_the_pack_it_extends() -> None:
    folder = PACKS / "kg"
    letter = policy.read(folder).letters["helpers"]
    assert letter.home == "tj"
    assert policy.typeset(folder, letter, "ru", letter.example).startswith(b"%PDF")


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PACKS, tmp_path / "packs"))


@pytest.mark.parametrize(("code", "zone"), [("uz", "Asia/Tashkent"), ("kz", "Asia/")])
def test_b10_a_third_skeleton_loads(
    packs: Path, code: str, zone: str, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("new_pack", code, "--beside", str(packs), "--extends", "tj")
    pack = policy.read(packs / code)
    assert pack.timezone.startswith(zone)
    assert (pack.places, pack.acts, pack.coordinators) == ({}, (), ())
    assert all(found[-1].target or found[-1].value is None for found in pack.periods.values())
    assert not pack.reviewed
    assert pack.gaps
    call_command("pack", "check", str(packs / code))
    assert f"{pack.name.into('en')}, version 0" in capsys.readouterr().out
    with pytest.raises(CommandError, match="there already"):
        call_command("new_pack", code, "--beside", str(packs), "--extends", "tj")


@pytest.mark.parametrize("code", ["UZ", "x", "../evil", "qq", ""])
def test_what_is_no_country_gets_no_pack(packs: Path, code: str) -> None:
    with pytest.raises(CommandError, match="no ISO 3166 code"):
        call_command("new_pack", code, "--beside", str(packs), "--extends", "tj")


def test_a_pack_extends_one_that_is_there_and_stands_alone(packs: Path) -> None:
    head = packs / "kg" / "pack.toml"
    kept = head.read_text()
    head.write_text(kept.replace('extends = "tj"', 'extends = "zz"'))
    with pytest.raises(PackFault, match='no pack "zz" beside'):
        policy.read(packs / "kg")
    head.write_text(kept)
    call_command("new_pack", "uz", "--beside", str(packs), "--extends", "tj")
    third = packs / "uz" / "pack.toml"
    third.write_text(third.read_text().replace('extends = "tj"', 'extends = "kg"'))
    with pytest.raises(PackFault, match="extends another pack itself"):
        policy.read(packs / "uz")


def test_a_fault_of_an_inherited_file_names_where_it_stands(packs: Path) -> None:
    path = packs / "tj" / "periods.toml"
    path.write_text(path.read_text().replace('unit = "hours"', 'unit = "weeks"', 1))
    with pytest.raises(PackFault, match=r"\.\./tj/periods\.toml, line \d+: unknown unit"):
        policy.read(packs / "kg")
