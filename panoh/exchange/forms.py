"""The form by which a table of cases is brought."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from panoh.access.models import User
from panoh.exchange import queries
from panoh.ui.forms import CleanForm, offer

_NO_FILE = _("No file arrived. Choose one; it may have been too large.")


class ImportForm(CleanForm):
    """The file, and the team that will hold the cases where the account has several."""

    team = forms.TypedChoiceField(label=_("Which team will hold the cases?"), coerce=int)
    file = forms.FileField(
        label=_("Table of cases"),
        help_text=_(
            "CSV or XLSX. The first row holds the names of the columns: those of HTCDS 2.0, "
            "and “external_id”, your own number of each case."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,.txt,.tsv"}),
        error_messages={
            "required": _NO_FILE,
            "missing": _NO_FILE,
            "empty": _("The file is empty. Please choose another."),
        },
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.teams = {team.pk: team for team in queries.teams_of(user)}
        if len(self.teams) > 1:
            offer(self, team=[(team.pk, str(team)) for team in self.teams.values()])
        else:
            del self.fields["team"]

    def clean_file(self) -> UploadedFile:
        """Refuse what is too large before it is read."""
        found: UploadedFile = self.cleaned_data["file"]
        if (found.size or 0) > queries.most_bytes():
            raise forms.ValidationError(queries.too_large(), code="too_large")
        return found
