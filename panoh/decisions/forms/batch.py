"""Which letters are asked for at once."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panoh.bodies.models import Body
from panoh.ui.forms import CleanForm, DayInput, offer


class BatchForm(CleanForm):
    """The letters of all decisions of a body between two days."""

    body = forms.ChoiceField(label=_("Of which commission?"))
    since = forms.DateField(label=_("Decided from"), widget=DayInput)
    until = forms.DateField(
        label=_("Decided until"), widget=DayInput, help_text=_("Both days are included.")
    )

    def __init__(self, *args: Any, bodies: Sequence[Body], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, body=[(one.code, str(one)) for one in bodies])
