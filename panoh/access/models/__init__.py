"""Tables of authority. ``app`` reads them; only the definer functions of the walls write them."""

from panoh.access.models.dossiers import Dossier, Emergency, Grant, Listing, Never, NeverKind
from panoh.access.models.staff import (
    Membership,
    RoleGrant,
    RolePermission,
    Team,
    Territory,
    Unit,
    UnitRole,
    User,
)

__all__ = [
    "Dossier",
    "Emergency",
    "Grant",
    "Listing",
    "Membership",
    "Never",
    "NeverKind",
    "RoleGrant",
    "RolePermission",
    "Team",
    "Territory",
    "Unit",
    "UnitRole",
    "User",
]
