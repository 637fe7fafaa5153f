"""Sums in words: ``{% load money %}``."""

from decimal import Decimal

from django import template
from django.utils.formats import number_format

from panoh.policy import queries as policy

register = template.Library()


def _places(currency: str) -> int:
    found = policy.code("currencies", currency)
    return int(found.extra["digits"]) if found else 0


@register.filter
def figures(amount: int, currency: str = "") -> str:
    """A sum of smallest units with all its places: 20000 -> "200.00"."""
    places = _places(currency or str(policy.setting("currency")))
    value = Decimal(amount).scaleb(-places)
    return number_format(value, decimal_pos=places, use_l10n=True, force_grouping=True)


@register.filter
def money(amount: int, currency: str = "") -> str:
    """A sum with its currency, without empty places: 20000 -> "200 somoni"."""
    code = currency or str(policy.setting("currency"))
    places = _places(code)
    value = Decimal(amount).scaleb(-places)
    shown = 0 if value == value.to_integral_value() else places
    text = number_format(value, decimal_pos=shown, use_l10n=True, force_grouping=True)
    return f"{text}\u00a0{policy.label('currencies', code)}"


@register.filter
def label(code: str, name: str) -> str:
    """The words of a code: ``{{ line.source|label:"money_sources" }}``."""
    return policy.label(name, code)
