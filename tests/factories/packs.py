"""Packs that differ from the one in force: a copy in a folder, in force inside ``with``."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.test import override_settings

PERIODS = "periods.toml"


@contextmanager
def pack_with(folder: Path, changes: Mapping[str, tuple[str, str]], of: str = "") -> Iterator[Path]:
    """The pack in force (or ``of``, its sister) with one text replaced in each of some files; a
    file that is not there yet is written, in place of the empty text."""
    source = Path(settings.PANOH_PACK)
    source = source.parent / of if of else source
    copy = folder / f"packs{len(list(folder.iterdir()))}"
    shutil.copytree(source.parent, copy)
    for name, (old, new) in changes.items():
        path = copy / source.name / name
        text = path.read_text() if path.exists() else ""
        assert old in text, "the test must change something"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.replace(old, new, 1) if old else text + new)
    said = copy / source.name / "sources.csv"
    rows = said.read_text("utf-8")
    if "\na test," not in rows:  # as where one is made inside another
        commas = "," * (rows.partition("\n")[0].count(",") - 1)
        said.write_text(f"{rows}a test,en{commas}\n", "utf-8")
    with override_settings(PANOH_PACK=copy / source.name):
        yield copy / source.name


def period(key: str, value: int | str, unit: str, start: str, **more: str) -> str:
    """A period of a fictional law, as it stands in a file (``value`` also: ``'"unset"'``)."""
    lines = [f'{name} = "{text}"' for name, text in more.items() if not name.startswith("valid")]
    lines += [f"{name} = {text}" for name, text in more.items() if name.startswith("valid")]
    labels = [f'label_{language} = "Fictional clock"' for language in ("tg", "ru", "en")]
    head = [f'key = "{key}"', *labels, f"value = {value}", f'unit = "{unit}"']
    tail = [f'start = "{start}"', 'source = "a test"', "verified = false"]
    return "\n".join(["", "[[period]]", *head, *tail, *lines, ""])
