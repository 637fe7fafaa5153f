"""What is asked of a charge, of a notice and of an outcome."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panoh.justice import queries
from panoh.justice.rules import FEARED, OUTCOMES, Word
from panoh.policy import queries as policy
from panoh.ui.forms import CleanForm, DayInput, Radios, TextField, offer

SEALED = _("Kept encrypted; police, prosecutors and the commission never see it.")


class ChargeForm(CleanForm):
    """A charge or fine that follows from exploitation."""

    kind = forms.ChoiceField(label=_("What is the person charged with?"), widget=Radios)
    text = TextField(
        label=_("How does it follow from what was done to her or him?"),
        help_text=SEALED,
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, kind=[one for one in policy.choices(queries.KINDS) if one[0] != FEARED])


class NoticeForm(CleanForm):
    """On whose word, to whom, in which language."""

    word = forms.ChoiceField(
        label=_("On whose word?"),
        widget=Radios,
        choices=[(one.value, one.label) for one in Word],
    )
    to = forms.ChoiceField(label=_("Which prosecutor's office?"), required=False)
    language = forms.ChoiceField(label=_("Language of the paper"))

    def __init__(self, *args: Any, languages: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offices = [(str(one.pk), one.name) for one in queries.prosecutors()]
        offer(self, to=[("", _("Written by hand")), *offices], language=languages)


class OutcomeForm(CleanForm):
    """What came of a charge."""

    titled = "outcome"
    outcome = forms.ChoiceField(label=_("What came of it?"), widget=Radios)
    on = forms.DateField(label=_("On which day?"), widget=DayInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, outcome=[one for one in policy.choices(queries.ENDS) if one[0] in OUTCOMES])
