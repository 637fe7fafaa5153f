"""What was typed is never lost: the tools of every room, known here by their old address."""

from panoh.access.views.typed import done, given, hold_still, show_version, told_in, typed

__all__ = ["done", "given", "hold_still", "show_version", "told_in", "typed"]
