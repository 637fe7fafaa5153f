"""Where a page stands, if it does."""

from django.urls import NoReverseMatch

from panoh.ui.templatetags.addresses import address


def url(name: str, *args: object) -> str:
    """The address of a page; empty where it does not stand (yet)."""
    try:
        return address(name, *args)
    except NoReverseMatch:
        return ""
