"""Where something comes from, in the reader's language: ``{% load said %}``."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from panoh.policy import queries as policy
from panoh.policy.rules import Said

register = template.Library()


@register.filter
def said(text: str) -> str | SafeString:
    """``{{ act.source|said }}``: words of the pack translated; the title or address of a document
    in its own language, set apart and named as such."""
    found = policy.said(text)
    if isinstance(found, Said) and found.language:
        return format_html('<cite lang="{}">{}</cite>', found.language, found)
    return str(found)
