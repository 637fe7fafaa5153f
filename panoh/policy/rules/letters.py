"""Letters and printed forms: the words of each in every language, beside its typst template."""

from .entries import Entry, line_of
from .files import Files
from .pack import Letter
from .words import PackFault, Words


def read_letters(files: Files) -> dict[str, Letter]:
    """The letters by their code: `letters/<code>.toml`, the template `letters/<code>.typ`."""
    return {
        letter.code: letter
        for file in sorted(files.texts)
        if file.startswith("letters/") and file.endswith(".toml")
        for letter in [_letter(files, file)]
    }


def _letter(files: Files, file: str) -> Letter:
    table = files.toml(file, top=("letter", "example"), arrays=("text",))
    head = Entry(file, line_of(files.text(file), "[letter]"), table["letter"])
    head.only("code", "reviewed", "spoken")
    code = head.code("code")
    if file != f"letters/{code}.toml":
        raise head.fault(f'the letter calls itself "{code}"')
    if f"letters/{code}.typ" not in files.texts:
        raise PackFault(f"letters/{code}.typ", 1, "the file is missing")
    languages = files.spoken if head.flag("spoken") else files.languages
    words: dict[str, Words] = {}
    for entry in files.entries(file, "text", table):
        entry.only("code", *(f"text_{language}" for language in languages))
        texts = {language: entry.text(f"text_{language}") for language in languages}
        words[entry.code("code", taken=words)] = Words(texts)
    if "title" not in words:
        raise head.fault('no text "title"')
    return Letter(code, head.flag("reviewed"), languages, words, table["example"])
