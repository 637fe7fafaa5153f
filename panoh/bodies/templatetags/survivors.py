"""Whether survivors have read a text: ``{% load survivors %}``."""

from django import template

from panoh.bodies import queries

register = template.Library()


@register.simple_tag
def survivors(kind: str, code: str) -> str:
    """``{% survivors "script" "consent" %}``: "read by survivors on …", or "not yet"."""
    return queries.reading_in_words(kind, code)
