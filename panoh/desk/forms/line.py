"""The emergency desk: a call, what came of it, a shift, what is handed over."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Unit, User
from panoh.desk.forms.fields import any_of, one_of, pick, submission, when
from panoh.intake.rules import Span, span_of
from panoh.policy import queries as policy
from panoh.ui.forms import CleanForm, DayInput, Folded, TextField, offer


class CallForm(CleanForm):
    """Eight questions, one of them needed. None asks for a name or a status."""

    danger_now = one_of(
        "danger_now",
        _("Danger or injury now?"),
        help_text=_("First help comes before any paper and any status."),
    )
    needs = any_of("services", _("What is needed?"), required=False)
    outcome = pick("call_outcomes", _("What came of it?"), empty=_("Nothing yet: it stays open"))
    channel = pick("contact_channels", _("How did they reach you?"))
    language = pick("spoken_languages", _("Language of the person"))
    source = pick("contact_sources", _("Who called?"))
    note = TextField(
        label=_("Note for your team"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
        help_text=_("Encrypted. No name is needed: a name belongs in a case."),
    )
    called_at = when(_("When, if it stood on paper first"))
    submission = submission()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["needs"].widget = Folded(choices=policy.choices("services"))
        self.fields["channel"].initial = "telephone"

    def answers(self) -> dict[str, Any]:
        """What the verb takes."""
        given = dict(self.cleaned_data)
        given["channel"] = given["channel"] or "telephone"
        return given


class OutcomeForm(CleanForm):
    """What came of a call."""

    outcome = one_of("call_outcomes", _("What came of it?"))


class ShiftForm(CleanForm):
    """Hours that somebody stands."""

    day = forms.DateField(label=_("Day"), widget=DayInput)
    begins = forms.TimeField(label=_("From"), widget=forms.TimeInput(attrs={"type": "time"}))
    ends = forms.TimeField(
        label=_("Until"),
        widget=forms.TimeInput(attrs={"type": "time"}),
        help_text=_("Not later than the beginning: then it ends on the next day."),
    )
    user = forms.ChoiceField(label=_("Who"), required=False)
    unit = forms.ChoiceField(label=_("Sent by which organisation?"))
    submission = submission()

    def __init__(self, *args: Any, members: list[User], units: list[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.members = {str(one.pk): one for one in members}
        self.units = {str(one.pk): one for one in units}
        nobody = ("", _("Not named yet: it counts as empty"))
        offer(
            self,
            user=[nobody, *((key, str(one)) for key, one in self.members.items())],
            unit=[(key, str(one)) for key, one in self.units.items()],
        )

    @property
    def span(self) -> Span:
        """From when until when, by the clock of the country."""
        given = self.cleaned_data
        zone = policy.pack().calendar.zone
        return span_of(given["day"], given["begins"], given["ends"], zone)

    @property
    def who(self) -> User | None:
        """The person who is named, if any."""
        return self.members.get(self.cleaned_data["user"])

    @property
    def sender(self) -> Unit:
        """The organisation."""
        return self.units[self.cleaned_data["unit"]]


class GiveForm(CleanForm):
    """What the next shift must know beside the list."""

    note = TextField(
        label=_("What else must the next shift know?"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
        help_text=_("Encrypted. No names: the open calls and duties are listed by themselves."),
    )
    submission = submission()
