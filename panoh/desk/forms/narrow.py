"""How the list of cases is narrowed and turned."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panoh.cases.rules import State
from panoh.desk.forms.fields import pick
from panoh.policy import queries as policy
from panoh.ui.forms import CleanForm, offer

ANY = _("Any")


class NarrowForm(CleanForm):
    """By what the list shows of a case, and by nothing else."""

    mark_optional = False

    state = forms.ChoiceField(
        label=_("State"),
        choices=[("", ANY), *((one.value, one.label) for one in State)],
        required=False,
    )
    urgency = pick("urgencies", _("Urgency"), empty=ANY)
    age_branch = pick("age_branches", _("Age"), empty=ANY)
    sex = pick("sexes", _("Sex"), empty=ANY)
    district = forms.ChoiceField(label=_("District"), required=False)
    order = forms.ChoiceField(
        label=_("Order"),
        choices=[("", _("Newest first")), ("oldest", _("Oldest first"))],
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, district=[("", ANY), *policy.place_choices()])

    def asked(self) -> dict[str, str]:
        """What was answered, the order too; nothing if an answer is not in its list."""
        if not self.is_valid():
            return {}
        return {name: value for name, value in self.cleaned_data.items() if value}
