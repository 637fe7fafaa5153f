"""Letters and printed forms: the words of each in every language, beside its typst template."""

import re
from collections.abc import Mapping

from .entries import Entry, line_of
from .files import Files
from .pack import Letter
from .words import PackFault, Words


def read_letters(files: Files) -> dict[str, Letter]:
    """The letters by their code: `letters/<code>.toml`, the template `letters/<code>.typ`."""
    for file in files.names("letters/", ".typ"):
        _check_brought(file, files.text(file))
    return {
        letter.code: letter
        for file in files.names("letters/", ".toml")
        for letter in [_letter(files, file)]
    }


def _letter(files: Files, file: str) -> Letter:
    table = files.toml(file, top=("letter", "example"), arrays=("text",))
    head = Entry(file, line_of(files.text(file), "[letter]"), table["letter"])
    head.only("code", "reviewed", "spoken")
    code = head.code("code")
    if file != f"letters/{code}.toml":
        raise head.fault(f'the letter calls itself "{code}"')
    template = files.text(f"letters/{code}.typ")
    languages = files.spoken if head.flag("spoken") else files.languages
    words: dict[str, Words] = {}
    for entry in files.entries(file, "text", table):
        entry.only("code", *(f"text_{language}" for language in languages))
        texts = {language: entry.text(f"text_{language}") for language in languages}
        words[entry.code("code", taken=words)] = Words(texts)
    if "title" not in words:
        raise head.fault('no text "title"')
    text = files.text(file)
    example = Entry(file, line_of(text, "[example]"), table["example"]).table
    _check_fields(f"letters/{code}.typ", template, {"words": set(words), "data": set(example)})
    home = files.base_code if files.inherits(file) else ""
    return Letter(code, head.flag("reviewed"), languages, words, example, home)


# What a template brings in, unless it is a template beside it, named in full. A package (`@`) would
# be fetched from the network while a letter is made, under a name that the template may reckon.
BROUGHT = re.compile(
    r"\b(?:import|include)\b(?!\s+\"(?!@)[^\"\\]*\.typ\"\s*(?::|$))|\beval\b", re.MULTILINE
)


def _check_brought(file: str, template: str) -> None:
    found = BROUGHT.search(template)
    if found:
        line = template.count("\n", 0, found.start()) + 1
        raise PackFault(file, line, "a template brings in nothing but templates beside it")


# A field of the words or the data of a letter; not a method of typst's, such as data.at(…).
FIELD = re.compile(r"\b(words|data)\.([A-Za-z_][A-Za-z0-9_-]*)(?!\w*\()")


def _check_fields(file: str, template: str, known: Mapping[str, set[str]]) -> None:
    """Every merge field of a template is among its texts or in its example."""
    for line, text in enumerate(template.splitlines(), 1):
        for part, name in FIELD.findall(text.partition("//")[0]):
            if name not in known[part]:
                raise PackFault(file, line, f'unknown merge field "{part}.{name}"')
