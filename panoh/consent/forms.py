"""What is asked when one sentence is read aloud, and when a yes is taken back."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panoh.access.models import User
from panoh.consent import queries, rules
from panoh.consent.rules import Answer
from panoh.kernel.rules import CASE_CATEGORIES, Category
from panoh.policy import queries as policy
from panoh.ui.forms import Checkboxes, CleanForm, DayInput, Radios, TextField, offer


class ConsentForm(CleanForm):
    """One sentence about one receiver, and the answer to it.

    Three are needed aloud: that the limits were read, who is in the room, the answer; the rest
    has its usual answer already. ``language`` is the person's, ``at`` now.
    """

    told_limits = forms.BooleanField(label=_("I have read aloud what I cannot keep secret"))
    present = forms.MultipleChoiceField(label=_("Who else is in the room?"), widget=Checkboxes)
    answer = forms.ChoiceField(label=_("The answer"), widget=Radios)
    purpose = forms.ChoiceField(label=_("What for"))
    services = forms.MultipleChoiceField(label=_("Which help"), widget=Checkboxes, required=False)
    categories = forms.MultipleChoiceField(
        label=_("What may be told"),
        widget=Checkboxes,
        required=False,
        help_text=_(
            "Papers, immigration and legal status are asked for in a sentence of their own."
        ),
    )
    until = forms.DateField(label=_("Until"), required=False, widget=DayInput)
    language = forms.ChoiceField(label=_("Language of the person"))
    read_in = forms.ChoiceField(label=_("Read in"), required=False)
    interpreter = forms.ChoiceField(label=_("Interpreter"), required=False)
    support = forms.MultipleChoiceField(
        label=_("What helps the person decide"), widget=Checkboxes, required=False
    )
    asked_now = forms.BooleanField(
        label=_("The person asks that it takes effect now, not later"), required=False
    )
    own_words = TextField(label=_("In the person's own words"), required=False)

    def __init__(self, *args: Any, user: User, language: str, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        read = policy.pack().spoken_languages
        spoken = policy.choices("spoken_languages")
        offer(
            self,
            present=policy.choices("who_present"),
            answer=policy.choices("consent_answers"),
            purpose=queries.choices_of_purposes(user),
            services=policy.choices("services"),
            categories=policy.choices("data_categories"),
            language=spoken,
            read_in=[one for one in spoken if one[0] in read],
            interpreter=policy.choices("interpreter_choices"),
            support=policy.choices("support_needs"),
        )
        usual: dict[str, Any] = {
            "purpose": rules.SERVICE,
            "categories": rules.DEFAULT.codes,
            "until": queries.default_until(at),
            "language": language,
            "read_in": language if language in read else read[0],
            "interpreter": "not_needed",
        }
        self.initial = {**usual, **self.initial}

    def packet(self) -> Category:
        """The chosen categories."""
        return Category.of(self.cleaned_data.get("categories", ())) & CASE_CATEGORIES

    def recorded(self) -> dict[str, Any]:
        """Keywords for the action ``record``; the page adds dossier, branch and recipient."""
        data = dict(self.cleaned_data)
        data["categories"] = self.packet()
        data["interpreter"] = data["interpreter"] or "not_needed"
        if data["answer"] != Answer.YES:
            data |= {"until": None, "asked_now": False}
        return data


class WithdrawForm(CleanForm):
    """Stop one receiver. A reason is never needed."""

    sure = forms.BooleanField(
        label=_("Stop it now. No service, bed or payment ends because of this.")
    )


class CopiesForm(CleanForm):
    """What became of the copies."""

    answer = forms.ChoiceField(label=_("The copies"), widget=Radios)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(
            self,
            answer=policy.choices("copies_answers"),
        )
