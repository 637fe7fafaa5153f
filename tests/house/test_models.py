"""What every model of every room promises, read from the models themselves."""

import re
from typing import Any

import pytest
from django.apps import apps
from django.db import connections, models
from django.test.utils import isolate_apps

from tests.house.tree import ROOMS

# Rooms' tables that belong to a case, which `app` may read and which have no row security.
WITHOUT_WALL: dict[str, str] = {}

# By which `leaves` in `class Privacy` lets fields go (test_ways_out).
WAYS_OUT = {"table", "order", "back", "release"}

# Names that no form and no table outside `health` may ask for (row A23): they blame or label.
FORBIDDEN = re.compile(
    r"virgin|chastity|hymen|sexual_?(history|past|experience|partner|orientation)|promiscu"
    r"|partners_count|number_of_partners|orientation|\bgay\b|lesbian|religio|\bfaith\b|\bhiv\b|_hiv|hiv_"
    r"|\baids\b|immoral|morality|reputation|decency|abortion",
    re.IGNORECASE,
)


def ours() -> list[type[models.Model]]:
    """Models of the rooms, tables made by Django for many-to-many left out."""
    return [model for model in apps.get_models() if model._meta.app_label in ROOMS]


def privacy_faults(model: type[models.Model]) -> list[str]:
    """How `class Privacy` differs from the fields, and sealed fields that are called open."""
    privacy = getattr(model, "Privacy", None)
    if privacy is None:
        return ["no class Privacy"]
    named: list[str] = []
    for kind in ("open", "personal", "special"):
        fields = getattr(privacy, kind, ())
        if not isinstance(fields, tuple):
            return [f"{kind} is not a tuple"]
        named += fields
    fields = {one.name: one for one in [*model._meta.fields, *model._meta.many_to_many]}
    faults = [f"{name} is not named" for name in fields if name not in named]
    faults += [f"{name} is no field" for name in named if name not in fields]
    faults += [f"{name} is named twice" for name in set(named) if named.count(name) > 1]
    faults += [
        f"{name} is sealed and called open"
        for name in getattr(privacy, "open", ())
        if name in fields and "Sealed" in type(fields[name]).__name__
    ]
    leaves = getattr(privacy, "leaves", {})
    faults += [f"{way} is no way out" for way in leaves.keys() - WAYS_OUT]
    faults += [
        f"{name} leaves and is no field"
        for names in leaves.values()
        for name in names
        if name not in fields
    ]
    extra = {name for name in vars(privacy) if not name.startswith("_")}
    faults += [f"Privacy.{name}" for name in extra - {"open", "personal", "special", "leaves"}]
    return faults


def relation_faults(model: type[models.Model]) -> list[str]:
    """Foreign keys that cross rooms without `related_name="+"` and PROTECT."""
    faults = []
    for field in model._meta.local_fields:
        if not isinstance(field, models.ForeignKey):
            continue
        other: Any = field.remote_field.model
        if isinstance(other, str):
            faults.append(f"{field.name} names {other} as text")
        elif other._meta.app_label != model._meta.app_label:
            if not (field.remote_field.related_name or "").endswith("+"):
                faults.append(f"{field.name} has a related name")
            if field.remote_field.on_delete is not models.PROTECT:
                faults.append(f"{field.name} is not protected")
    return faults


@pytest.mark.parametrize("model", ours(), ids=lambda model: model._meta.label)
def test_privacy_names_every_field_and_nothing_else(model: type[models.Model]) -> None:
    assert privacy_faults(model) == []


@pytest.mark.parametrize("model", ours(), ids=lambda model: model._meta.label)
def test_relations_between_rooms_are_plain(model: type[models.Model]) -> None:
    assert relation_faults(model) == []


@isolate_apps("panoh.access")
def test_a_fault_of_a_model_is_noticed() -> None:
    class Careless(models.Model):
        name = models.TextField()
        room = models.ForeignKey("auth.Group", models.CASCADE)

        class Meta:
            app_label = "access"

        class Privacy:
            open = ("id", "nobody")
            personal = ("room", "room")
            leaves = {"table": ("story",), "window": ()}

    faults = privacy_faults(Careless)
    assert {"name is not named", "nobody is no field", "room is named twice"} <= set(faults)
    assert {"story leaves and is no field", "window is no way out"} <= set(faults)
    assert "room names auth.Group as text" in relation_faults(Careless)


def test_no_model_keeps_text_in_clear_without_saying_why() -> None:
    """Free text is sealed. A `TextField` is a code, an id or a reason code: short and bounded."""
    found = [
        f"{model._meta.label}.{field.name}"
        for model in ours()
        if hasattr(model, "dossier") or model._meta.label == "access.Dossier"
        for field in model._meta.local_fields
        if type(field) is models.TextField and not field.choices
    ]
    assert found == []


def test_case_rows_have_keys_made_by_the_client() -> None:
    found = [
        model._meta.label
        for model in ours()
        if any(field.name == "dossier" for field in model._meta.local_fields)
        and not isinstance(model._meta.pk, models.UUIDField | models.OneToOneField)
        and model._meta.managed
    ]
    authority = {"access.Listing", "vault.DataKey", "vault.DataKeyWrap", "access.Never"}
    assert set(found) - authority == set()


@pytest.mark.django_db
def test_every_table_of_a_case_stands_behind_row_security() -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, c.relrowsecurity AND EXISTS"
            " (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)"
            " OR NOT has_any_column_privilege(c.oid, 'SELECT, UPDATE, REFERENCES')"
            " FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"
        )
        walls = dict(cursor.fetchall())
    found = {
        model._meta.label
        for model in ours()
        if {"dossier", "dossier_id"} & {field.name for field in model._meta.local_fields}
        and not walls.get(model._meta.db_table)
    }
    assert found - WITHOUT_WALL.keys() == set()
    assert WITHOUT_WALL.keys() - found == set(), "a reason without need"


@pytest.mark.django_db
def test_app_owns_nothing_and_creates_nothing() -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = 'app'")
        assert cursor.fetchone() == (0,)
        cursor.execute(
            "SELECT has_schema_privilege('public', 'CREATE'),"
            " has_database_privilege(current_database(), 'TEMP')"
        )
        assert cursor.fetchone() == (False, False)


def labels(model: type[models.Model]) -> list[str]:
    return [f"{model._meta.label}.{field.name}" for field in model._meta.get_fields()]


def test_a23_no_table_asks_what_blames() -> None:
    found = [label for model in ours() for label in labels(model) if FORBIDDEN.search(label)]
    assert found == []


def test_a23_the_scan_sees_what_blames() -> None:
    bad = ["is_virgin", "sexual_history", "religion", "hiv_status", "sexual_orientation"]
    good = ["sexual_exploitation", "exploitation_forms", "health_note", "description", "territory"]
    assert all(FORBIDDEN.search(name) for name in bad)
    assert not any(FORBIDDEN.search(name) for name in good)
