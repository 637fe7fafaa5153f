"""What is asked before somebody goes back, and of a permit to stay."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panoh.care.forms.plan import SEALED
from panoh.care.rules import Asylum
from panoh.policy import queries as policy
from panoh.ui.forms import CleanForm, DayInput, EditForm, Radios, TextField, offer


class ReturnForm(EditForm):
    """A way back that is being prepared; the asylum question stands first."""

    asylum = forms.ChoiceField(
        label=_("Is it safe to be sent back? Ask alone, before anybody is called."), widget=Radios
    )
    kind = forms.ChoiceField(label=_("Which way?"))
    agreed = forms.ChoiceField(label=_("Does the person want to go back?"), required=False)
    papers = forms.ChoiceField(label=_("Papers to travel with"), required=False)
    escort = forms.ChoiceField(label=_("Who goes along?"), required=False)
    reception = forms.ChoiceField(label=_("Who meets the person there?"), required=False)
    text = TextField(label=_("What was agreed"), help_text=SEALED, required=False)

    def __init__(self, *args: Any, must_ask: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        empty = ("", _("Not asked yet"))
        known = [one for one in Asylum if not (must_ask and one is Asylum.OWN_COUNTRY)]
        offer(
            self,
            asylum=[(one.value, one.label) for one in known],
            kind=policy.choices("return_kinds"),
            agreed=[empty, *policy.choices("yes_no")],
            papers=[empty, *policy.choices("return_papers")],
            escort=[empty, *policy.choices("return_escorts")],
            reception=[empty, *policy.choices("return_receptions")],
        )


class DayForm(CleanForm):
    """On which day it happened."""

    on = forms.DateField(label=_("On which day?"), widget=DayInput)


class PermitForm(CleanForm):
    """A permit to stay and its last day."""

    kind = forms.ChoiceField(label=_("Which permit?"), widget=Radios)
    ends_on = forms.DateField(label=_("What is its last day?"), widget=DayInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, kind=policy.choices("permit_kinds"))
