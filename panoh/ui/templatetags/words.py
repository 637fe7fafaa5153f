"""Django's tags of languages; a text that stands in the template is translated at once.

Django makes a lazy text of it first and reads that: half of what the words of a page cost.
"""

from django import template
from django.template.base import Parser, Token
from django.templatetags.i18n import TranslateNode, do_translate
from django.templatetags.i18n import register as theirs
from django.utils.safestring import SafeString
from django.utils.translation import gettext

register = template.Library()
register.tags |= theirs.tags
register.filters |= theirs.filters


class WordsNode(template.Node):
    """A text of the template, said in the reader's language."""

    child_nodelists = ()

    def __init__(self, text: str, name: str | None) -> None:
        # In a catalogue a percent sign stands twice.
        self.text, self.name = text.replace("%", "%%"), name

    def render(self, context: template.Context) -> SafeString:
        """As Django does: what a template says is never escaped."""
        said = SafeString(gettext(self.text).replace("%%", "%"))
        if self.name is None:
            return said
        context[self.name] = said
        return SafeString("")


@register.tag(name="translate")
def translate(parser: Parser, token: Token) -> template.Node:
    """Django's tag, with its syntax."""
    node: TranslateNode = do_translate(parser, token)
    said = node.filter_expression
    if said.filters or node.noop or node.message_context or said.var.lookups is not None:
        return node
    return WordsNode(str(said.var.literal), node.asvar)
