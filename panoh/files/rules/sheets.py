"""Cells of tables that go out: no office program takes one for a formula."""

from typing import Final

_FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r")


def escaped(cell: str) -> str:
    """A cell that no office program takes for a formula (OWASP: CSV injection)."""
    return f"'{cell}" if cell.lstrip("'").startswith(_FORMULA_SIGNS) else cell


def unescaped(cell: str) -> str:
    """Reverse of ``escaped``: a file that was handed back comes in again as it was."""
    return cell[1:] if cell[:1] == "'" and cell.lstrip("'").startswith(_FORMULA_SIGNS) else cell
