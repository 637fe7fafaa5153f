"""Where things come from, in the reader's language: the table `sources.csv` of a pack.

Sources and notes of a pack are written in English. Those that stand on a page have a row here:
translated where they are words of the project, or with the `language` that the title or address of
a document keeps.
"""

from collections.abc import Iterable, Iterator

from .entries import Row, as_code
from .files import Files
from .pack import Pack
from .words import PackFault, Said, Words

FILE = "sources.csv"


def read_sources(files: Files) -> dict[str, Said]:
    """Every source and note that is said, by its English text; the own ones before those of the
    pack that this one extends."""
    found: dict[str, Said] = {}
    translated = [x for x in files.languages if x != "en"]
    for line, row in files.rows(FILE, ["text", "language", *(f"label_{x}" for x in translated)]):
        if row["text"] in found:
            raise PackFault(FILE, line, f'"{row["text"]}" is there twice')
        found[row["text"]] = _said(line, row, translated)
    for row in files.base_rows(FILE):
        kept = [x for x in translated if f"label_{x}" in row]
        found.setdefault(row["text"], _said(1, row, kept))
    return found


def _said(line: int, row: Row, languages: Iterable[str]) -> Said:
    labels = {x: row[f"label_{x}"].strip() for x in languages}
    if not row["text"].strip():
        raise PackFault(FILE, line, "text is empty")
    if row["language"]:
        as_code(FILE, line, "language", row["language"])
    if row["language"] and any(labels.values()):
        raise PackFault(FILE, line, "a document keeps its own words: language or labels, not both")
    if not row["language"] and not all(labels.values()):
        missing = next(x for x, label in labels.items() if not label)
        raise PackFault(FILE, line, f"label_{missing} is empty")
    texts = {x: label for x, label in labels.items() if label}
    return Said(Words({"en": row["text"], **texts}), row["language"])


def shown(pack: Pack) -> Iterator[tuple[str, str]]:
    """Each source and note that stands on a page, and the file of the pack that it is from."""
    for versions in pack.periods.values():
        for period in versions:
            yield from (("periods.toml", x) for x in (period.source, period.note, period.candidate))
    for act in pack.acts:
        yield from (("acts/acts.toml", x) for x in (act.source, act.note))
    for article in pack.articles:
        yield from (("acts/articles.toml", x) for x in (article.source, article.note))
    for guide in (one for versions in pack.guidelines.values() for one in versions):
        yield f"guidelines/{guide.code}_{guide.version}.toml", guide.source
    yield from (("agreements.toml", one.source) for one in pack.agreements)
    for treaty in pack.treaties:
        yield "treaties.toml", treaty.source
        yield from (("treaties.toml", one.source) for one in treaty.duties)
    yield from (("bodies.toml", one.source) for one in pack.body_kinds.values())
    for name, codes in pack.lists.items():
        yield from ((f"codes/{name}.csv", row.source) for row in codes.rows)


def check_sources(files: Files, pack: Pack) -> None:
    """Raise PackFault at the first source or note of a page that has no row; figures need none."""
    for file, text in shown(pack):
        if text not in pack.sources and any(map(str.isalpha, text)):
            line = next(
                (
                    number
                    for number, row in enumerate(files.texts.get(file, "").splitlines(), 1)
                    if text in row
                ),
                1,
            )
            raise PackFault(file, line, f'"{text}" is not in {FILE}: translate it there')
