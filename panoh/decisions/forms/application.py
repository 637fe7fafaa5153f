"""What is asked of an application: twelve questions at most."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from panoh.bodies.models import Body
from panoh.decisions.rules.application import HALF_PAGE, Outcome
from panoh.policy import queries as policy
from panoh.ui.forms import Checkboxes, CleanForm, DayInput, EditForm, Radios, TextField, offer

NO_NAMES = _(
    "At most half a page. No name, no village, no school, no employer: members of the commission "
    "read it, and nothing else."
)
NO_OPINION = _("No opinion: the minutes will say so")


class FilingForm(CleanForm):
    """An application, a review or an appeal."""

    body = forms.ChoiceField(label=_("To which commission?"))
    text = TextField(label=_("What was done, how, and what for"), help_text=NO_NAMES)
    hearing = forms.ChoiceField(label=_("Does the person want to be heard?"), widget=Radios)
    language = forms.ChoiceField(label=_("In which language is the person told?"), required=False)
    documents = forms.MultipleChoiceField(
        label=_("Which papers are there?"), widget=Checkboxes, required=False
    )
    opinion = forms.ChoiceField(
        label=_("What does your organisation think?"), widget=Radios, required=False
    )
    opinion_text = TextField(label=_("Why?"), help_text=NO_NAMES, required=False)
    looked = forms.BooleanField(
        label=_("I have looked: nobody is named in these texts."), required=False
    )
    submission = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4, required=False)
    # Of whom the person was told that they read it too, as the page showed it.
    shown = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, bodies: Sequence[Body], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].max_length = HALF_PAGE  # type: ignore[attr-defined]
        offer(
            self,
            body=[(one.code, str(one)) for one in bodies],
            hearing=policy.choices("hearing_wishes"),
            language=[("", _("As in the case")), *policy.choices("spoken_languages")],
            documents=policy.choices("status_documents"),
            opinion=[("", NO_OPINION), *policy.choices("status_opinions")],
        )


class PapersForm(CleanForm):
    """Which papers are missing, or are there now."""

    documents = forms.MultipleChoiceField(label=_("Which papers?"), widget=Checkboxes)

    def __init__(self, *args: Any, offered: Sequence[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, documents=list(offered))


class HearingForm(EditForm):
    """Whether the person wants to be heard."""

    hearing = forms.ChoiceField(label=_("Does the person want to be heard?"), widget=Radios)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, hearing=policy.choices("hearing_wishes"))


class TellingForm(CleanForm):
    """How and when the person was told."""

    way = forms.ChoiceField(label=_("How was the person told?"), widget=Radios)
    on = forms.DateField(label=_("On which day?"), widget=DayInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, way=policy.choices("notice_ways"))


class RulingForm(CleanForm):
    """What the sitting decided."""

    outcome = forms.ChoiceField(
        label=_("What was decided?"),
        widget=Radios,
        choices=[(one.value, one.label) for one in Outcome],
    )
    grounds = forms.MultipleChoiceField(label=_("On which grounds?"), widget=Checkboxes)
    on = forms.DateField(label=_("Decided earlier? On which day?"), widget=DayInput, required=False)
    reason = forms.ChoiceField(
        label=_("Why is it entered later?"),
        help_text=_("An earlier day needs a reason, and a second signature."),
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(
            self,
            grounds=policy.choices("status_grounds"),
            reason=[("", _("It is decided today")), *policy.choices("backdate_reasons")],
        )


class PrintForm(CleanForm):
    """A letter that the holder completes."""

    code = forms.ChoiceField(label=_("Which letter?"), widget=Radios)
    language = forms.ChoiceField(label=_("Language of the paper"))
    is_named = forms.BooleanField(label=_("With the name: the person chose so"), required=False)

    def __init__(
        self,
        *args: Any,
        codes: Sequence[tuple[str, Any]],
        languages: Sequence[tuple[str, Any]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        offer(self, code=list(codes), language=list(languages))
