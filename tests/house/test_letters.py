"""Letters of a pack: every one can be set in every language, and data is never markup."""

import io
import shutil
from pathlib import Path

import pypdf
import pytest
from django.core.management import CommandError, call_command

from panoh.policy.queries import read, typeset
from panoh.policy.rules import PackFault
from tests.house.test_packs import PACKS, TJ

WORDS = """[letter]
code = "trial"

[example]
name = "*Ғӣқӯҳҷ* #panic() $x$ <a> \\\\ `b`"

[[text]]
code = "title"
text_tg = "Санҷиш"
text_ru = "Проба"
text_en = "Trial"
"""
SHEET = '#import "sheet.typ": *\n#show: sheet\n#data.name\n'


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A copy of the pack with one letter more."""
    folder = shutil.copytree(TJ, tmp_path / "tj")
    (folder / "letters" / "trial.toml").write_text(WORDS)
    (folder / "letters" / "trial.typ").write_text(SHEET)
    return folder


def words_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


@pytest.mark.parametrize("folder", PACKS, ids=lambda folder: folder.name)
def test_every_letter_is_set_in_every_language(folder: Path) -> None:
    for letter in read(folder).letters.values():
        for language in letter.languages:
            title = words_of(typeset(folder, letter, language, letter.example))
            assert letter.words["title"].into(language).split()[0] in title


def test_what_was_typed_is_shown_and_never_run(pack: Path) -> None:
    letter = read(pack).letters["trial"]
    text = words_of(typeset(pack, letter, "tg", letter.example))
    assert "Санҷиш" in text
    assert "*Ғӣқӯҳҷ* #panic() $x$ <a> \\ `b`" in text


def test_an_unreviewed_letter_says_so(pack: Path) -> None:
    letter = read(pack).letters["trial"]
    assert "unreviewed" in words_of(typeset(pack, letter, "en", letter.example))
    (pack / "letters" / "trial.toml").write_text(
        WORDS.replace("[letter]", "[letter]\nreviewed = true")
    )
    letter = read(pack).letters["trial"]
    assert "unreviewed" not in words_of(typeset(pack, letter, "en", letter.example))


def test_a_language_that_the_letter_lacks_is_no_letter(pack: Path) -> None:
    with pytest.raises(KeyError):
        typeset(pack, read(pack).letters["trial"], "uz", {"name": ""})


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('code = "trial"', 'code = "other"', 'the letter calls itself "other"'),
        ('code = "title"', 'code = "head"', 'no text "title"'),
        ('text_ru = "Проба"\n', "", "no text_ru"),
        ("[example]", "[examples]", 'unknown key "examples"'),
        ("[example]", "[[example]]", "a table is expected"),
    ],
)
def test_a_faulty_letter_is_refused(pack: Path, old: str, new: str, reason: str) -> None:
    (pack / "letters" / "trial.toml").write_text(WORDS.replace(old, new))
    with pytest.raises(PackFault, match=reason) as refused:
        read(pack)
    assert refused.value.file == "letters/trial.toml"


def test_a_letter_without_template_is_refused(pack: Path) -> None:
    (pack / "letters" / "trial.typ").unlink()
    with pytest.raises(PackFault, match="the file is missing"):
        read(pack)


def test_the_command_tries_every_template(pack: Path) -> None:
    (pack / "letters" / "trial.typ").write_text(SHEET.replace("data.name", "data.nothing"))
    with pytest.raises(CommandError, match=r"letters/trial\.typ, line 3: .*nothing"):
        call_command("pack", "check", str(pack))


@pytest.mark.parametrize(
    "brought",
    [
        '#import "@preview/cetz:0.3.0"',
        '#import "@" + data.name',
        '#import ("sheet.typ")',
        '#import "sheet.typ" + data.name',
        '#import "\\u{40}preview/x.typ"',
        "// #let run = eval",
    ],
)
def test_a_template_fetches_nothing(pack: Path, brought: str) -> None:
    """Not from the network either, by a name that it makes of what stands in the letter."""
    (pack / "letters" / "trial.typ").write_text(f"{SHEET}{brought}\n")
    with pytest.raises(PackFault, match="brings in nothing"):
        read(pack)


def test_a_template_reads_no_file_outside_the_letters(pack: Path) -> None:
    (pack / "letters" / "trial.typ").write_text(SHEET + '#read("../pack.toml")\n')
    letter = read(pack).letters["trial"]
    with pytest.raises(PackFault):
        typeset(pack, letter, "en", letter.example)
