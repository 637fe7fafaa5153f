"""``{% url %}`` as Django's own, but an address is made once for a name and what it is made of."""

from functools import lru_cache
from typing import Any

from django import template
from django.template.base import Parser, Token
from django.template.defaulttags import URLNode, url
from django.urls import NoReverseMatch, URLResolver, get_resolver, reverse
from django.utils.html import conditional_escape

register = template.Library()
KEPT = 4096  # addresses hold references and keys, never anything personal


def address(name: str, *args: Any) -> str:
    """The address of a page; making one anew costs a seventh of *Today*. Raises
    ``NoReverseMatch``."""
    return _address(get_resolver(), name, *args)


@lru_cache(maxsize=KEPT, typed=True)
def _address(_pages: URLResolver, name: str, *args: Any) -> str:
    return reverse(name, args=args)


class AddressNode(URLNode):
    """A link without named parts; others go Django's way."""

    def render(self, context: template.Context) -> str:
        """Escaped as Django does; into a variable an address that does not stand is empty."""
        if self.kwargs:
            return super().render(context)
        args = (one.resolve(context) for one in self.args)
        try:
            found = address(self.view_name.resolve(context), *args)
        except NoReverseMatch:
            if not self.asvar:
                raise
            found = ""
        if self.asvar:
            context[self.asvar] = found
            return ""
        return conditional_escape(found) if context.autoescape else found


@register.tag(name="url")
def kept_url(parser: Parser, token: Token) -> AddressNode:
    """Django's tag, with its syntax."""
    node = url(parser, token)
    return AddressNode(node.view_name, node.args, node.kwargs, node.asvar)
