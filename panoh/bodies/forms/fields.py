"""Fields that forms of bodies share."""

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from panoh.ui.forms import DayInput

NO_NAME = _("Never write the name of a person who was helped.")
MOST_VOTES, MOST_NAME = 200, 120
LINES = forms.Textarea(attrs={"rows": 5})


def day_of(label: Any, **more: Any) -> forms.DateField:
    """A whole day."""
    return forms.DateField(label=label, widget=DayInput, **more)


def submission() -> forms.UUIDField:
    """The same form sent twice does its work once."""
    return forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
