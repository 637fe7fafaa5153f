"""Which alias a table is reached by."""

from typing import Any

from django.db.models import Model

PLAIN = {"sessions", "django_cache"}


class Router:
    """Sessions and cache go through `plain` (autocommit), all else through `default`."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        """Return the alias to read `model` by."""
        return "plain" if model._meta.app_label in PLAIN else None

    db_for_write = db_for_read

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        """All aliases are one database, seen by different roles."""
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        """Only the owner changes tables."""
        return db == "owner"
