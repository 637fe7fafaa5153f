"""Every pack validates; a faulty one is refused with file, line and reason."""

import ast
import csv
import io
import re
import shutil
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from panoh.access.rules import Permission
from panoh.kernel.rules import Category
from panoh.policy.queries import read
from panoh.policy.rules import PERMISSIONS, PackFault, read_pack
from panoh.policy.rules.sources import shown
from tests.house.tree import ROOT, dotted, parse, relative, sources

PACKS = sorted(path.parent for path in ROOT.glob("packs/*/pack.toml"))
TJ = ROOT / "packs" / "tj"
SPOKEN = ("tg", "ru", "en", "uz")


def texts(folder: Path = TJ) -> dict[str, str]:
    """The files of a pack by path."""
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.suffix in {".toml", ".csv", ".typ"}
    }


@pytest.mark.parametrize("folder", PACKS, ids=lambda folder: folder.name)
def test_every_pack_validates(folder: Path) -> None:
    assert read(folder).code == folder.name


SIGNED = 'verified = true\nact = "A"\nverified_by = "B"\nverified_on = 2026-01-01\n'

NOTICE = 'key = "notice_on_refusal"\nvalue = '

# file, text to replace (its first place), by what, line of the fault, part of the reason
FAULTS = [
    # a file as such
    ("pack.toml", 'code = "tj"', "code = ", 5, "Invalid value"),
    ("pack.toml", "[pack]", "[pack", 4, "Expected ']'"),
    ("pack.toml", "[pack]", "more = 1\n[pack]", 4, 'unknown key "more"'),
    ("pack.toml", "[pack]", "[unpacked]", 4, 'unknown key "unpacked"'),
    ("holidays.csv", "day,", "\ufeffday,", 1, "byte order mark"),
    ("holidays.csv", "day,", "date,", 1, "date, day"),
    ("holidays.csv", "source\n", 'source\n2026-01-01,А,"А"x,A,S\n', 2, "',' expected"),
    # pack.toml
    ("pack.toml", "Asia/Dushanbe", "Asia/Nowhere", 4, "unknown time zone"),
    ("pack.toml", "Asia/Dushanbe", "../etc/passwd", 4, "unknown time zone"),
    ("pack.toml", '"saturday", "sunday"', '"saturday", "caturday"', 4, 'unknown day "caturday"'),
    (
        *("pack.toml", '["saturday"'),
        '["monday", "tuesday", "wednesday", "thursday", "friday", "saturday"',
        *(4, "no working day"),
    ),
    ("pack.toml", '"ru", "en"', '"ru"', 4, 'must contain "en"'),
    ("pack.toml", 'code = "tj"', 'code = "T J"', 4, "is not a code"),
    ("pack.toml", 'version = "2026.1"', "", 4, "no version"),
    ("pack.toml", 'version = "2026.1"', 'version = ""', 4, "version is empty"),
    ("pack.toml", 'version = "2026.1"', "version = 2026", 4, "version must be text"),
    ("pack.toml", 'version = "2026.1"', 'version = "1"\nmore = 1', 4, 'unknown key "more"'),
    ("pack.toml", "reviewed = false", 'reviewed = "no"', 4, "reviewed must be true or false"),
    ("pack.toml", 'spoken = ["uz"]', 'spoken = ["uz", "uz"]', 4, "different texts"),
    ("pack.toml", 'name_ru = "Таджикистан"', 'name_ru = " "', 4, "name_ru is empty"),
    ("pack.toml", "value = false", "value = 1.5", None, "value must be"),
    ("pack.toml", 'key = "sms_allowed"', 'key = "notice_on_refusal"', None, "there twice"),
    ("pack.toml", f"{NOTICE}false", f"{NOTICE}true", None, "only with a verified article"),
    ("pack.toml", f"{NOTICE}false", f'{NOTICE}"unset"', None, "only with a verified article"),
    (
        *("pack.toml", f"{NOTICE}false", f'{NOTICE}true\nact = "A"\narticle = "1"'),
        *(None, "only with a verified article"),
    ),
    # holidays.csv
    ("holidays.csv", "source\n", "source\n,А,А,A,S\n", 2, "day is empty"),
    ("holidays.csv", "source\n", "source\n2026-02-30,А,А,A,S\n", 2, "not a date"),
    ("holidays.csv", "source\n", "source\n2026-01-01,А,,A,S\n", 2, "label_ru is empty"),
    ("holidays.csv", "source\n", "source\n2026-01-01,А\n", 2, "2 cells, 5 expected"),
    # periods.toml
    ("periods.toml", 'unit = "calendar_days"', 'unit = "weeks"', None, 'unknown unit "weeks"'),
    ("periods.toml", "value = 24", "value = 0", None, "whole number above 0"),
    ("periods.toml", "value = 24", "value = true", None, "whole number above 0"),
    ("periods.toml", "value = 24", "", None, "whole number above 0"),
    ("periods.toml", 'start = "first_assessment"', 'start = "dawn"', None, 'no code "dawn"'),
    ("periods.toml", 'key = "notice_days"', 'key = "appeal_days"', None, "on the same day"),
    ("periods.toml", "verified = false", "verified = true", None, "verified needs act"),
    (
        "periods.toml",
        "\ntarget = true",
        "\ntarget = true\nverified_on = 2026",
        None,
        "must be a date",
    ),
    ("periods.toml", "verified = false\ntarget", SIGNED + "target", None, "cannot be verified"),
    ("periods.toml", 'extends = "', 'extends = "no_', None, 'no clock "no_'),
    ("periods.toml", "\ntarget = true", "\ntarget = true\nmore = 1", None, 'unknown key "more"'),
    (
        *("periods.toml", "\ntarget = true"),
        "\ntarget = true\nvalid_from = 2026-02-01\nvalid_to = 2026-01-01",
        *(None, "ends before it begins"),
    ),
    ("periods.toml", "[[period]]", "[[ period ]]", 1, "must begin with a line"),
    ("periods.toml", "[[period]]", "[period]", None, ""),
    # roles.toml and bodies.toml
    ("roles.toml", '"case_read"', '"case_peek"', None, 'unknown permission "case_peek"'),
    ("roles.toml", 'code = "hot"', 'code = "ngo"', None, '"ngo" is there twice'),
    ("roles.toml", "permissions = []", 'permissions = ["case_read"]', None, "no account"),
    ("roles.toml", "permissions = []", "permissions = [1]", None, "different texts"),
    ("bodies.toml", 'roles = ["ngo"', 'roles = ["nobody"', None, 'no role "nobody"'),
    ("bodies.toml", 'roles = ["ngo"', 'roles = ["pub"', None, 'no role "pub"'),
    ("bodies.toml", '["service"', '["favour"', None, 'no code "favour" in consent_purposes'),
    ("bodies.toml", 'levels = ["national"]', 'levels = ["planet"]', None, "levels are some of"),
    ("bodies.toml", 'levels = ["national"]', "levels = []", None, "levels are some of"),
    ("bodies.toml", "quarterly = true", 'quarterly = true\nanswers = "x"', None, 'no period "x"'),
    ("bodies.toml", "quorum_percent = 50", "quorum_percent = 100", None, "0 to 99 per cent"),
    ("bodies.toml", "quorum_percent = 50", "quorum_percent = -1", None, "0 to 99 per cent"),
    ("bodies.toml", "majority_percent = 50", "majority_percent = 100", None, "0 to 99 per cent"),
    # places.csv
    ("places.csv", "tj_3505203,3505203,2,tj_3505000", "tj_3505203,3505203,2,tj_1", None, "region"),
    ("places.csv", "tj_3505000,3505000,1,,", "tj_3505000,3505000,3,,", 3, 'level "3" is none of'),
    ("places.csv", ",Aini,", ",,", None, "name_en is empty"),
    # lists.csv and codes/*.csv
    ("lists.csv", "sexes,list", "sexes,lost", None, 'kind "lost" is none of'),
    ("lists.csv", "sexes,list", "sects,list", None, ""),
    ("lists.csv", "rank;reply:periods", "rank;reply:paroles", None, 'unknown list "paroles"'),
    ("lists.csv", "purposes,list", "means,list", None, '"means" is there twice'),
    ("codes/sexes.csv", ",Man,Erkak", ",Man,", 3, "label_uz is empty"),
    ("codes/sexes.csv", "man,Мард", "MAN,Мард", 3, "is not a code"),
    ("codes/sexes.csv", "\nman,Мард", "\nwoman,Мард", 3, "on the same day"),
    ("codes/sexes.csv", "Woman,Ayol,,,,own", "Woman,Ayol,,2026-13-01,,own", 2, "not a date"),
    ("codes/sexes.csv", "Woman,Ayol,,,,own", "Woman,Ayol,,,,sure", 2, 'sure "sure" is none of'),
    ("codes/sexes.csv", "Woman,Ayol,,,,own", "Woman,Ayol,x,,,own", 2, "names no target"),
    (
        "codes/acts.csv",
        "Receipt,Qabul qilish,receipt",
        "Receipt,Qabul,deceit",
        6,
        'no code "deceit"',
    ),
    ("codes/urgencies.csv", "referral_reply_routine", "never", 5, 'no code "never" in periods'),
    ("codes/data_categories.csv", ",your name,", ",,", None, "say_en is empty"),
    ("codes/htcds_values.csv", ",sexes,woman,", ",sexes,lady,", None, 'no code "lady" in sexes'),
    ("codes/htcds_fields.csv", "code,", "kode,", 1, 'needs a column "code"'),
    # scripts
    ("scripts/consent_1.toml", 'version = "1"', 'version = "one"', None, "must be a number"),
    ("scripts/consent_1.toml", '["research"]', "[]", None, "not explained: research"),
    ("scripts/consent_1.toml", '["research"]', '["sport"]', None, 'unknown point "sport"'),
    ("scripts/consent_1.toml", '"cannot_keep_secret"', '"other"', None, "must be read first"),
    ("scripts/consent_1.toml", "May I tell {who} this", "May I tell them this", None, "text_"),
    ("scripts/consent_1.toml", "until {until}?", "until {until?", None, "text_en has other gaps"),
    ("scripts/consent_1.toml", 'purpose = "ring"', 'purpose = "rung"', None, 'no code "rung"'),
    ("scripts/consent_1.toml", 'purpose = "ring"', 'purpose = "police"', None, "there twice"),
    ("scripts/principles_1.toml", "[script]", "[skript]", None, 'unknown key "skript"'),
    ("scripts/principles_1.toml", 'name = "principles"', 'name = "rules"', 1, "missing"),
    # guidelines and agreements
    ("guidelines/referral_1.toml", "valid_from = 2026-01-01", "", None, "no valid_from"),
    (
        *("agreements.toml", 'state = "needed"'),
        'state = "needed"\nin_force_on = 2026-02-01\nexpires_on = 2026-01-31',
        *(None, "ends before it begins"),
    ),
    # questionnaires
    ("forms/opening.csv", "select_one state", "select_one mood", 5, 'no list "mood"'),
    ("forms/opening.csv", ",opening,1", ",other,1", 1, 'calls itself "other"'),
    ("forms/opening.csv", "general labour_delphi", "general nothing", 5, 'no form "nothing"'),
    ("forms/opening.csv", "label::Русский (ru)", "label::Deutsch (de)", 3, "missing in ru"),
    ("forms/labour_delphi.csv", ",forced_labour,", ",hard_work,", 1, 'no code "hard_work"'),
    ("forms/labour_delphi.csv", ",deception\n", ",deceit\n", None, 'no code "deceit"'),
    ("forms/labour_delphi.csv", "${arrived}", "${departed}", None, "is not asked before this"),
    # sources.csv
    ("sources.csv", "\nunknown,,номаълум,", "\nunknown,,,", None, "label_tg is empty"),
    ("sources.csv", "\nISO 639,en,,", "\nISO 639,,,", None, "label_tg is empty"),
    ("sources.csv", "\nISO 639,en,,", "\nISO 639,en,ИСО,", None, "language or labels"),
    ("sources.csv", "\nISO 639,en,,", "\nISO 639,Eng,,", None, "is not a code"),
    ("sources.csv", "\nISO 639,en,,", "\nISO 4217,en,,", None, "is there twice"),
    ("sources.csv", "\nISO 639,en,,", "\n,en,,", None, "text is empty"),
    ("acts/acts.toml", "DocumentId 5111", "Document 1", None, "is not in sources.csv"),
    ("codes/sexes.csv", "Panoh, own words", "Panoh, my words", 2, "is not in sources.csv"),
    # listed words and acts
    ("listed_words.csv", "\ntg,", "\nfr,", 2, 'language "fr" is none of'),
    ("listed_words.csv", "\ntg,фоҳиша,", "\ntg,,", 2, "stem is empty"),
    ("acts/acts.toml", 'number = "1096"', "number = 1096", None, "number must be text"),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "reason"), FAULTS, ids=[f"{f[0]}-{f[4]}" for f in FAULTS]
)
def test_a_faulty_pack_is_refused(
    file: str, old: str, new: str, line: int | None, reason: str
) -> None:
    files = texts()
    assert old in files[file], "the test must change something"
    before = files[file].split(old, 1)[0].count("\n") + 1
    files[file] = files[file].replace(old, new, 1)
    with pytest.raises(PackFault) as refused:
        read_pack(files)
    assert reason in refused.value.reason
    if reason:
        assert refused.value.file == file or refused.value.line == 1
    if line is not None:
        assert refused.value.line == line
    elif file.endswith(".csv") and refused.value.file == file:
        assert abs(refused.value.line - before) <= new.count("\n") + 1
    elif refused.value.file == file:
        # The entry in which the fault stands begins at or before it.
        assert refused.value.line <= before + new.count("\n") + 400


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("pack.toml", "missing"),
        ("periods.toml", "missing"),
        ("codes/sexes.csv", "missing"),
        ("scripts/principles_1.toml", "missing"),
    ],
)
def test_a_missing_file_is_named(file: str, reason: str) -> None:
    files = texts()
    del files[file]
    with pytest.raises(PackFault, match=reason) as refused:
        read_pack(files)
    assert (refused.value.file, refused.value.line) == (file, 1)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("pack = 3", "a table is expected"),
        ('"pack" = {languages = 3}', "languages must be a list"),
        ("[[setting]]", '"pack" is missing'),
    ],
)
def test_a_pack_without_a_head_is_refused(text: str, reason: str) -> None:
    with pytest.raises(PackFault) as refused:
        read_pack({**texts(), "pack.toml": text})
    assert (refused.value.line, refused.value.reason) == (1, reason)


@pytest.mark.parametrize("folder", PACKS, ids=lambda one: one.name)
def test_every_row_of_sources_stands_on_a_page(folder: Path) -> None:
    """What is said no more goes, so that translators read nothing in vain."""
    said = {text for _file, text in shown(read(folder))}
    rows = csv.DictReader(io.StringIO((folder / "sources.csv").read_text("utf-8")))
    assert [row["text"] for row in rows if row["text"] not in said] == []


def test_a_public_holiday_is_no_working_day() -> None:
    files = texts()
    files["holidays.csv"] += "2026-03-23,А,А,A,S\n"
    calendar = read_pack(files).calendar
    assert not calendar.is_working(date(2026, 3, 23))
    assert calendar.is_working(date(2026, 3, 24))


def test_scripts_have_versions() -> None:
    files = texts()
    first = files["scripts/consent_1.toml"]
    with pytest.raises(PackFault, match="version 1 is there twice"):
        read_pack({**files, "scripts/consent_2.toml": first})
    for version in ("10", "2"):
        files[f"scripts/consent_{version}.toml"] = first.replace('"1"', f'"{version}"', 1)
    assert [script.version for script in read_pack(files).scripts["consent"]] == ["1", "2", "10"]


def test_a_consent_that_explains_nothing_is_refused() -> None:
    files = texts()
    head, _part, rest = files["scripts/consent_2.toml"].partition("[[part]]")
    files["scripts/consent_2.toml"] = head + "[[sentence]]" + rest.partition("[[sentence]]")[2]
    with pytest.raises(PackFault, match="must be read first"):
        read_pack(files)


def test_a_purpose_without_sentence_is_refused() -> None:
    files = texts()
    kept = files["scripts/consent_2.toml"].split("[[sentence]]")
    files["scripts/consent_2.toml"] = "[[sentence]]".join(kept[:-1])
    with pytest.raises(PackFault, match='no sentence for "network"'):
        read_pack(files)


def test_a_list_that_nobody_declares_or_that_is_empty_is_refused() -> None:
    files = texts()
    with pytest.raises(PackFault, match=r"not named in lists\.csv"):
        read_pack({**files, "codes/stray.csv": "code\n"})
    head = files["codes/sexes.csv"].split("\n", 1)[0] + "\n"
    with pytest.raises(PackFault, match="the list is empty"):
        read_pack({**files, "codes/sexes.csv": head})


def test_a_language_without_listed_words_is_refused() -> None:
    files = texts()
    kept = [line for line in files["listed_words.csv"].splitlines() if not line.startswith("uz,")]
    with pytest.raises(PackFault, match="no word in uz"):
        read_pack({**files, "listed_words.csv": "\n".join(kept)})


def test_every_missing_translation_of_a_code_is_noticed() -> None:
    files = texts()
    for language in SPOKEN:
        head, first, rest = files["codes/urgencies.csv"].split("\n", 2)
        cells, column = first.split(","), head.split(",").index(f"label_{language}")
        cells[column] = ""
        broken = "\n".join([head, ",".join(cells), rest])
        with pytest.raises(PackFault, match=f"line 2: label_{language} is empty"):
            read_pack({**files, "codes/urgencies.csv": broken})


def test_the_command_names_file_line_and_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("pack", "check", str(TJ))
    printed = capsys.readouterr().out
    assert "81 places" in printed
    assert "Gap: " in printed
    copy = shutil.copytree(TJ, tmp_path / "copy")
    (copy / "codes" / "sexes.csv").write_bytes(b"code,label_tg\nwoman,\xff\n")
    with pytest.raises(CommandError, match=r"codes/sexes.csv, line 2: the file is not UTF-8"):
        call_command("pack", "check", str(copy))
    with pytest.raises(CommandError, match="is not a folder"):
        call_command("pack", "check", str(tmp_path / "none"))


def test_the_permissions_of_packs_are_those_of_the_programme() -> None:
    assert set(PERMISSIONS) == {str(permission) for permission in Permission}


def test_the_data_categories_are_those_of_the_programme() -> None:
    found = {code.code for code in read(TJ).lists["data_categories"].rows}
    assert found == {str(category.name).lower() for category in Category} - {"ask", "application"}


# What the programme asks of a pack by a key that stands in its code.
ASKED = {
    "policy.period": "periods",
    "policy.due": "periods",
    "policy.setting": "settings",
    "policy.number": "settings",
    "policy.codes": "lists",
    "policy.code": "lists",
    "policy.code_list": "lists",
    "policy.choices": "lists",
    "policy.label": "lists",
    "policy.says": "lists",
    "policy.crosswalk": "crosswalks",
    "Question": "lists",
}


def asked(paths: Iterable[Path]) -> list[tuple[str, str, str]]:
    """Every key that code asks for: where, of which part of the pack, which key."""
    found = []
    for path in paths:
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.Call):
                verb = dotted(node.func)
                keys = [(ASKED.get(verb, ""), key) for key in node.args[:1]]
                keys += [("periods", x.value) for x in node.keywords if x.arg == "period"]
            elif isinstance(node, ast.Assign) and dotted(node.targets[0]).endswith("_PERIOD"):
                keys = [("periods", node.value)]
            else:
                continue
            found += [
                (relative(path), part, str(key.value))
                for part, key in keys
                if part and isinstance(key, ast.Constant) and key.value
            ]
    return found


@pytest.mark.parametrize("folder", PACKS, ids=lambda folder: folder.name)
def test_every_key_that_the_code_asks_for_is_in_the_pack(folder: Path) -> None:
    pack, keys = read(folder), asked(sources("panoh"))
    assert len(keys) > 10
    assert [found for found in keys if found[2] not in getattr(pack, found[1])] == []


def test_tajik_stands_in_tajik_letters() -> None:
    """No Latin letter inside a Tajik or Russian word: they look alike and break every search."""
    mixed = re.compile(r"[а-яёғӣқӯҳҷ][a-z]|[a-z][а-яёғӣқӯҳҷ]", re.IGNORECASE)
    found = [
        (name, line)
        for name, text in texts().items()
        for line in text.splitlines()
        if mixed.search(line)
    ]
    assert found == []
