"""Migration operations that put a table under the third wall."""

from typing import Any

from django.apps.registry import Apps
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from panoh.kernel.rules import Category


class _OnModel(Operation):
    """An operation on the table of one model; it changes no Django state."""

    reversible = True
    reduces_to_sql = True

    def __init__(self, model: str, **options: Any) -> None:
        self.model = model
        self.options = options

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return (type(self).__name__, [self.model], self.options)

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Nothing of the wall is a Django field."""

    def _table(self, app_label: str, state: ProjectState) -> str:
        apps: Apps = state.apps
        return str(apps.get_model(app_label, self.model)._meta.db_table)

    def describe(self) -> str:
        return f"{type(self).__name__} {self.model}"


class Protect(_OnModel):
    """Row security for a case-scoped table: columns, triggers, index, policies.

    ``category`` is a ``Category`` bit or ``"column:<name>"`` where each row names
    its own. With ``by_source`` a row is visible to the holder and to teams with a
    live grant whose ``source_id`` is the row's id. ``also`` names a column with a team
    that sees the row whatever the grants (a duty's owner); such rows may be written
    for other teams, and their dossier may be empty. With ``jobs`` the background role
    reads and updates the table too; with ``deletable`` ``app`` may delete rows.
    """

    def __init__(
        self,
        model: str,
        *,
        category: Category | str | None = Category.CORE,
        by_source: bool = False,
        also: str = "",
        jobs: bool = False,
        deletable: bool = False,
    ) -> None:
        super().__init__(
            model,
            category=category,
            by_source=by_source,
            also=also,
            jobs=jobs,
            deletable=deletable,
        )

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        category = self.options["category"]
        column = category.removeprefix("column:") if isinstance(category, str) else ""
        mask = 0 if isinstance(category, str) else int(category or 0)
        schema_editor.execute(
            "SELECT public.access_protect(%s, %s, %s, %s, %s, %s, %s)",
            [
                self._table(app_label, to_state),
                mask,
                column,
                self.options["by_source"],
                self.options["also"],
                self.options["jobs"],
                self.options["deletable"],
            ],
        )

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        schema_editor.execute(
            "SELECT public.access_unprotect(%s)", [self._table(app_label, from_state)]
        )


class Allow(_OnModel):
    """Say what ``app`` (and ``jobs``) may do with a table that is not case-scoped.

    ``owner`` names a column that holds the id of the team (``"team:<column>"``) or of
    the account (``"user:<column>"``) that alone may see a row; without it every signed
    or unsigned query of ``app`` may. A table that no operation names is closed.
    """

    def __init__(self, model: str, *, app: str = "select", jobs: str = "", owner: str = "") -> None:
        super().__init__(model, app=app, jobs=jobs, owner=owner)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        schema_editor.execute(
            "SELECT public.access_allow(%s, %s, %s, %s)",
            [
                self._table(app_label, to_state),
                self.options["app"],
                self.options["jobs"],
                self.options["owner"],
            ],
        )

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        schema_editor.execute(
            "SELECT public.access_disallow(%s)", [self._table(app_label, from_state)]
        )


class Within(_OnModel):
    """After ``Protect``: rows of a joint plan or a conference, for those who take part.

    ``sources`` are the columns that name it: a row is seen by the holder and by teams with a live
    grant from it. ``owner`` names a column with the one team that reads the row where it is set;
    then nobody else does, the holder neither.
    """

    def __init__(self, model: str, *, sources: tuple[str, ...], owner: str = "") -> None:
        super().__init__(model, sources=sources, owner=owner)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        schema_editor.execute(
            "SELECT public.access_within(%s, %s, %s)",
            [
                self._table(app_label, to_state),
                list(self.options["sources"]),
                self.options["owner"],
            ],
        )

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """``Protect`` takes every policy of the table with it."""
