"""`manage catalogue`: is every text translated? With `--update`: add the new ones to the files."""

import io
import re
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management import CommandError
from django.core.management.base import BaseCommand
from django.utils.translation.template import templatize

# Message id (one text, or singular and plural) and context.
Key: TypeAlias = tuple[str | tuple[str, ...], str | None]

KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
TEMPLATES = {".html", ".txt"}
# English is what the code says, so its catalogue needs no translations.
SOURCE_LANGUAGE = "en"
# No date of the day: two people who update the same texts write the same file.
MADE_AT = datetime(2026, 1, 1, tzinfo=UTC)


class Command(BaseCommand):
    """Every room keeps its texts in `locale/<language>/LC_MESSAGES/django.po`."""

    help = "Check the catalogues of all rooms; --update adds missing texts, --prune drops old ones."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("rooms", nargs="*", help="only these rooms (for --update, --prune)")
        parser.add_argument("--update", action="store_true", help="add texts that are new")
        parser.add_argument("--prune", action="store_true", help="drop texts no longer used")

    def handle(self, *args: Any, **options: Any) -> None:
        languages = [code for code, _name in settings.LANGUAGES]
        rooms = {
            path.name: path
            for path in (
                Path(settings.BASE_DIR) / room.replace(".", "/") for room in settings.ROOMS
            )
        }
        if options["update"] or options["prune"]:
            for name in options["rooms"] or rooms:
                for language in languages:
                    update(rooms[name], language, prune=options["prune"])
        faults = [fault for language in languages for fault in faults_of(rooms.values(), language)]
        if faults:
            raise CommandError("\n".join(faults))


def messages_of(room: Path) -> Iterator[tuple[Key, str]]:
    """Yield each text that a room marks for translation, and the file that does."""
    for path in sorted(room.rglob("*")):
        if path.suffix not in {".py", *TEMPLATES} or "migrations" in path.parts:
            continue
        source = path.read_text(encoding="utf-8")
        if path.suffix in TEMPLATES:
            # Django turns a template into calls of gettext among letters without meaning, one
            # call a line; indentation means nothing there, and would to Python.
            source = re.sub(r"(?m)^[ \t]+", "", templatize(source, origin=str(path)))
        found = extract("python", io.BytesIO(source.encode()), keywords=KEYWORDS)
        for _line, text, _comments, context in found:
            yield (tuple(text) if isinstance(text, (tuple, list)) else text, context), path.name


def key_of(message: Message) -> Key:
    """Return what tells one message from another."""
    text = message.id
    return (text if isinstance(text, str) else tuple(text)), message.context


def file_of(room: Path, language: str) -> Path:
    """Return where a room keeps its texts of a language."""
    return room / "locale" / language / "LC_MESSAGES" / "django.po"


def read(path: Path, language: str) -> Catalog:
    """Read a catalogue; one that is not there is empty."""
    if not path.exists():
        return Catalog(locale=language, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update(room: Path, language: str, *, prune: bool) -> None:
    """Add to a room's catalogue what its code and templates say, in a stable order."""
    path = file_of(room, language)
    old = read(path, language)
    used = dict(messages_of(room))
    new = Catalog(
        locale=language,
        project="Panoh",
        version="1",
        msgid_bugs_address="none",
        last_translator="none",
        language_team=language,
        creation_date=MADE_AT,
        revision_date=MADE_AT,
        fuzzy=False,
    )
    new.header_comment = f"# {room.name.capitalize()}: {language}"
    kept = {key_of(message): message for message in old if message.id}
    for key in used:
        if key not in kept:
            new.add(key[0], context=key[1])
    for key, message in kept.items():
        if not prune or key in used:
            new.add(
                message.id,
                message.string,
                flags=message.flags,
                user_comments=message.user_comments,
                context=message.context,
            )
    if not list(new):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, new, no_location=True, sort_output=True, width=100)


def faults_of(rooms: Iterable[Path], language: str) -> Iterator[str]:
    """Yield what is missing, empty or only guessed, one line each."""
    known: set[Key] = set()
    used: dict[Key, str] = {}
    for room in rooms:
        path = file_of(room, language)
        for message in read(path, language):
            if not message.id:
                continue
            known.add(key_of(message))
            name = f"{room.name}/{language}: {message.id!r}"
            given = (
                [message.string] if isinstance(message.string, str) else [*(message.string or [""])]
            )
            if message.fuzzy:
                yield f"{name} is fuzzy"
            elif language != SOURCE_LANGUAGE and not all(given):
                yield f"{name} is not translated"
        used |= {key: f"{room.name}/{where}" for key, where in messages_of(room)}
    # A text may stand in any room's catalogue: Django reads them as one.
    for key, where in used.items():
        if key not in known:
            yield f"{where} {language}: {key[0]!r} is in no catalogue"
