"""Tables of the decisions room: the time to recover."""

from panoh.decisions.models.reflection import Interview, Reflection, Used

__all__ = ["Interview", "Reflection", "Used"]
