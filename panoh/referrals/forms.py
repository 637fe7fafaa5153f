"""What is asked when a request is written and answered: codes only, no free text before a yes."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panoh.kernel.rules import CASE_CATEGORIES, Category
from panoh.policy import queries as policy
from panoh.policy.rules import GuideStep
from panoh.referrals import rules
from panoh.ui.forms import Checkboxes, CleanForm, Radios, offer


class DraftForm(CleanForm):
    """Which help, what a yes opens, how urgent. Whom to ask comes from the list of who can help."""

    services = forms.MultipleChoiceField(label=_("Help that is asked for"), widget=Checkboxes)
    categories = forms.MultipleChoiceField(
        label=_("What opens when they say yes"),
        widget=Checkboxes,
        required=False,
        help_text=_("Legal status and papers open only with an answer to a question of their own."),
    )
    urgency = forms.ChoiceField(label=_("Urgency"), widget=Radios, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        optional = (CASE_CATEGORIES & ~rules.ALWAYS).codes
        labels = dict(policy.choices("data_categories"))
        offer(
            self,
            services=policy.choices("services"),
            categories=[(code, labels[code]) for code in optional],
            urgency=policy.choices("urgencies"),
        )
        self.fields["categories"].initial = (rules.DEFAULT_PACKET & ~rules.ALWAYS).codes

    def packet(self) -> Category:
        """The categories for the action ``draft``."""
        return rules.packet(Category.of(self.cleaned_data["categories"]))


class CodeForm(CleanForm):
    """One coded answer; subclasses name field, list and words."""

    name: str
    list_name: str
    label: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[self.name] = forms.ChoiceField(
            label=self.label, choices=self.choices(), widget=Radios
        )

    def choices(self) -> list[Any]:
        """The answers that are offered."""
        return list(policy.choices(self.list_name))

    @property
    def code(self) -> str:
        """The chosen code."""
        return str(self.cleaned_data[self.name])


class DeclineForm(CodeForm):
    """Why not? Without a reason a no is not saved."""

    name, list_name, label = "reason", "decline_reasons", _("Why not?")


class CompleteForm(CodeForm):
    """What came of it; which steps were done, where the guideline requires some."""

    name, list_name, label = "outcome", "referral_outcomes", _("What came of it?")

    def __init__(self, *args: Any, steps: Sequence[GuideStep] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if steps:
            self.fields["steps"] = forms.MultipleChoiceField(
                label=_("Which steps of the guideline were done?"),
                choices=[(step.code, str(step.label)) for step in steps],
                widget=Checkboxes,
                required=False,
            )


class HandOverForm(CodeForm):
    """How the person came to the other service."""

    name, list_name, label = "way", "handover_ways", _("How did the handover happen?")


class ChannelForm(CodeForm):
    """How an answer came that was not given here."""

    name, list_name, label = "channel", "answer_channels", _("How did the answer come?")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[self.name].initial = "telephone"

    def choices(self) -> list[Any]:
        """Every way but this system."""
        return [one for one in super().choices() if one[0] != rules.HERE]


class AskForm(CleanForm):
    """What the receiver needs to know; questions are coded, the first is "call me"."""

    asked = forms.MultipleChoiceField(label=_("What do you need to know?"), widget=Checkboxes)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(
            self,
            asked=policy.choices("info_needed"),
        )


class ProposeForm(CleanForm):
    """Another organisation of the directory; ``entries`` are ``(id, name)`` pairs."""

    organisation = forms.ChoiceField(label=_("Who could help instead?"))

    def __init__(self, *args: Any, entries: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(
            self,
            organisation=entries,
        )
