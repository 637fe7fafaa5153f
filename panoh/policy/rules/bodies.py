"""Roles, kinds of units and kinds of bodies, read from a pack."""

from collections.abc import Mapping

from .files import Files
from .pack import BodyKind, Role, UnitType
from .permissions import PERMISSIONS

# What stands in bodies.toml.
BODIES = ("unit_type", "body_kind", "coordinator")
LEVELS = ("national", "region", "district")
# Emergency access is for those who help; a role with one of these does something else.
NEVER_IN_EMERGENCIES = frozenset(
    {"queue_read", "audit_read", "team_manage", "unit_manage", "installation_manage"}
)


def read_roles(files: Files) -> dict[str, Role]:
    """Every kind of user with its permissions."""
    file = "roles.toml"
    roles: dict[str, Role] = {}
    table = files.toml(file, arrays=("role",))
    for entry in files.entries(file, "role", table):
        entry.only("code", "account", "permissions", *(f"label_{x}" for x in files.languages))
        code = entry.code("code", taken=roles)
        permissions = entry.texts("permissions")
        for name in permissions:
            if name not in PERMISSIONS:
                raise entry.fault(f'unknown permission "{name}"')
        account = entry.flag("account", default=True)
        if permissions and not account:
            raise entry.fault("who has no account can have no permission")
        helps = "contact_create" in permissions and NEVER_IN_EMERGENCIES.isdisjoint(permissions)
        if "break_glass" in permissions and not helps:
            raise entry.fault("emergency access is for roles that help, and do nothing else")
        words = entry.words("label", files.languages)
        roles[code] = Role(code, words, frozenset(permissions), account)
    return roles


def read_unit_types(files: Files, roles: Mapping[str, Role]) -> dict[str, UnitType]:
    """Every kind of unit, the roles in it, and which consent it may record."""
    file = "bodies.toml"
    flags = (
        *("is_police", "is_authority", "is_commission", "is_civil"),
        *("holds_cases", "gives_advocates"),
    )
    types: dict[str, UnitType] = {}
    table = files.toml(file, arrays=BODIES)
    for entry in files.entries(file, "unit_type", table):
        names = [f"label_{x}" for x in files.languages]
        entry.only("code", "roles", "consent_purposes", *flags, *names)
        code = entry.code("code", taken=types)
        for role in entry.texts("roles"):
            if role not in roles or not roles[role].account:
                raise entry.fault(f'no role "{role}" with an account in roles.toml')
            state = any(map(entry.flag, ("is_police", "is_authority", "is_commission")))
            if state and "break_glass" in roles[role].permissions:
                raise entry.fault(f'role "{role}" has emergency access: no authority has it')
        for purpose in entry.texts("consent_purposes"):
            if purpose not in files.codes.get("consent_purposes", ()):
                raise entry.fault(f'no code "{purpose}" in consent_purposes')
        types[code] = UnitType(
            code=code,
            label=entry.words("label", files.languages),
            roles=entry.texts("roles"),
            consent_purposes=entry.texts("consent_purposes"),
            is_police=entry.flag("is_police"),
            is_authority=entry.flag("is_authority"),
            is_commission=entry.flag("is_commission"),
            holds_cases=entry.flag("holds_cases", default=True),
            gives_advocates=entry.flag("gives_advocates"),
            is_civil=entry.flag("is_civil"),
        )
    return types


def read_body_kinds(files: Files) -> dict[str, BodyKind]:
    """Every kind of body that sits, with its rules."""
    file = "bodies.toml"
    kinds: dict[str, BodyKind] = {}
    table, periods = files.toml(file, arrays=BODIES), files.codes["periods"]
    flags = ("decides", "quarterly", "chosen_names", "verified", "target")
    percents = ("quorum_percent", "majority_percent")
    for entry in files.entries(file, "body_kind", table):
        names = [f"label_{x}" for x in files.languages]
        entry.only("code", "levels", "answers", "source", *percents, *flags, *names)
        levels, answers = entry.texts("levels"), entry.text("answers", "")
        if not levels or not set(levels) <= set(LEVELS):
            raise entry.fault(f"levels are some of {', '.join(LEVELS)}")
        if answers and answers not in periods:
            raise entry.fault(f'no period "{answers}" in periods.toml')
        quorum, majority = (entry.value(name, int) for name in percents)
        if not (0 <= quorum < 100 and 0 <= majority < 100):
            raise entry.fault("a share is from 0 to 99 per cent: more than that is needed")
        code = entry.code("code", taken=kinds)
        kinds[code] = BodyKind(
            code=code,
            label=entry.words("label", files.languages),
            levels=levels,
            quorum_percent=quorum,
            majority_percent=majority,
            answers=answers,
            source=entry.text("source"),
            **{name: entry.flag(name) for name in flags},
        )
    return kinds
