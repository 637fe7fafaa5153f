"""Values in, answer out: the time to recover and reflect, applications and rulings."""

from panoh.decisions.rules.reflection import Stage, half_way, stage

__all__ = ["Stage", "half_way", "stage"]
