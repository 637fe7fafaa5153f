"""What a pack may say and how it is read: values in, answers out."""

from .dates import Calendar, TimeUnit, add_months, add_working_days, due_at
from .pack import (
    EXPLAINED,
    SETTING,
    Act,
    BodyKind,
    Code,
    CodeList,
    Letter,
    ListedWord,
    Pack,
    Part,
    Period,
    Place,
    Role,
    Script,
    ScriptVersion,
    Standing,
    UnitType,
    length_in_words,
)
from .permissions import PERMISSIONS
from .questions import Form, read_form
from .reading import read_pack
from .sorting import tajik_key
from .words import TRUST, PackFault, Words

__all__ = [
    "EXPLAINED",
    "PERMISSIONS",
    "SETTING",
    "TRUST",
    "Act",
    "BodyKind",
    "Calendar",
    "Code",
    "CodeList",
    "Form",
    "Letter",
    "ListedWord",
    "Pack",
    "PackFault",
    "Part",
    "Period",
    "Place",
    "Role",
    "Script",
    "ScriptVersion",
    "Standing",
    "TimeUnit",
    "UnitType",
    "Words",
    "add_months",
    "add_working_days",
    "due_at",
    "length_in_words",
    "read_form",
    "read_pack",
    "tajik_key",
]
