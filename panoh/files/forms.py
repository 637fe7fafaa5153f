"""The form by which a document is added."""

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from panoh.files import queries
from panoh.kernel.rules import Category
from panoh.policy import queries as policy
from panoh.ui.forms import CleanForm

# The categories a document can be of; what is only coded has none.
CATEGORIES = (
    Category.IDENTITY,
    Category.STORY,
    Category.HEALTH,
    Category.LEGAL,
    Category.SERVICES,
    Category.SAFETY,
)


def category_choices() -> list[tuple[str, str]]:
    """Codes and labels of the categories."""
    return [(one.codes[0], policy.label("data_categories", one.codes[0])) for one in CATEGORIES]


class DocumentForm(CleanForm):
    """What the file is about, who may see it, and the file."""

    title = forms.CharField(label=_("What is it?"), max_length=200)
    category = forms.ChoiceField(label=_("What is it about?"), choices=category_choices)
    file = forms.FileField(
        label=_("File"),
        help_text=_(
            "PDF, JPG, PNG, DOCX or XLSX. Names of authors, place and camera are taken out. An "
            "electronic signature inside the file is lost: keep the original too. A picture about "
            "health is seen by the team that holds the case and by you, and goes to nobody else."
        ),
        error_messages={
            "required": _("No file arrived. Choose one; it may have been too large."),
            "missing": _("No file arrived. Choose one; it may have been too large."),
            "empty": _("The file is empty. Please choose another."),
        },
    )

    def clean_category(self) -> Category:
        """The category itself."""
        return Category.of([self.cleaned_data["category"]])

    def clean_file(self) -> UploadedFile:
        """Refuse what is too large before it is read."""
        found: UploadedFile = self.cleaned_data["file"]
        if (found.size or 0) > queries.most_bytes():
            raise forms.ValidationError(queries.too_large(), code="too_large")
        return found
