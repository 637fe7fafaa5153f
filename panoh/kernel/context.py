"""Who is acting now: read by the database backend, set by ``access.acting`` only."""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Acting:
    """An account at work and the ids of the teams it belongs to at this moment."""

    user_id: int
    team_ids: tuple[int, ...]


ACTING: ContextVar[Acting | None] = ContextVar("acting", default=None)
