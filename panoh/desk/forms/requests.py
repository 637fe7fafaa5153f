"""Finding who can help one person, writing a request, and answers that came from elsewhere."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panoh.desk.forms.fields import submission, when
from panoh.directory.forms import FindForm
from panoh.kernel.rules import Category
from panoh.policy import queries as policy
from panoh.referrals import rules
from panoh.referrals.forms import ChannelForm, DeclineForm, DraftForm
from panoh.ui.forms import Radios, offer


class WhoForm(FindForm):
    """Who can help this person: six questions that the case has mostly answered already."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["children"]


class RequestForm(DraftForm):
    """Which help, and what a yes opens: never more than the person agreed to (``agreed``).

    ``shown`` is the mark of the preview that the sender has seen.
    """

    shown = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
    submission = submission()

    def __init__(self, *args: Any, agreed: Category, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        free = set((agreed & ~rules.ALWAYS).codes)
        if free:
            labels = policy.choices("data_categories")
            offer(self, categories=[one for one in labels if one[0] in free])
        else:
            del self.fields["categories"]

    def chosen(self) -> dict[str, Any]:
        """Keywords for the verb ``draft``."""
        data = self.cleaned_data
        return {
            "services": data["services"],
            "categories": rules.packet(Category.of(data.get("categories", ()))),
            "urgency": data["urgency"],
        }


SAID = _("When was it said, if not now?")


class YesElsewhereForm(ChannelForm):
    """A yes that was told otherwise."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["said_at"] = when(SAID)

    @property
    def said(self) -> dict[str, Any]:
        """Keywords of a verb: how and when it was said."""
        return {name: self.cleaned_data[name] for name in ("channel", "said_at")}


class NoElsewhereForm(DeclineForm):
    """A no that was told otherwise, with its reason."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["channel"] = forms.ChoiceField(
            label=ChannelForm.label,
            choices=ChannelForm().choices(),
            widget=Radios,
            initial="telephone",
        )
        self.fields["said_at"] = when(SAID)

    said = YesElsewhereForm.said
