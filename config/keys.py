"""Secrets of one installation: made at first run, readable by their owner only."""

import os
import secrets
from pathlib import Path

KEY_BYTES = 32


def secret(folder: Path, name: str) -> str:
    """Return the secret `name` as text (64 hex digits), making it if this is the first run.

    Two processes that start together agree: the file is written aside and linked into place,
    so it appears whole or not at all, and the later of the two reads the earlier one's.
    """
    path = folder / name
    if not path.exists():
        renew(folder, name, replace=False)
    return path.read_text(encoding="ascii").strip()


def renew(folder: Path, name: str, *, replace: bool = True) -> None:
    """Write a fresh random secret; with `replace=False` an existing one stays."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / name
    aside = folder / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        if replace:
            aside.replace(path)
        else:
            try:
                path.hardlink_to(aside)
            except FileExistsError:
                return
    finally:
        aside.unlink(missing_ok=True)
