"""What is asked about an order to hand over data, and about a breach."""

from typing import Any
from uuid import uuid4

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from panoh.cases.rules.orders import ORDER_FIELDS, BreachKind, OrderNotice, OrderView
from panoh.desk.forms.fields import one_of, submission
from panoh.files.forms import DocumentForm
from panoh.ui.forms import Checkboxes, CleanForm, EditForm, Radios, TextField, offer

DAY = {"type": "date"}
MOMENT = {"type": "datetime-local"}


class OrderForm(CleanForm):
    """A written order: who, which number, which day, the paper itself, and what it names."""

    issuer = forms.CharField(label=_("Which court or authority?"), max_length=300)
    number = forms.CharField(label=_("Number of the order"), max_length=100)
    issued_on = forms.DateField(label=_("Of which day?"), widget=forms.DateInput(attrs=DAY))
    file = forms.FileField(
        label=_("The order itself"),
        help_text=_("PDF, JPG, PNG or DOCX. A demand by word of mouth is no ground."),
        error_messages=DocumentForm.base_fields["file"].error_messages,
    )
    scope = TextField(label=_("What does it ask for, in its own words?"))
    named = forms.MultipleChoiceField(
        label=_("What would meet it?"),
        help_text=_("As little as possible. Nothing else is ever in the file."),
        choices=lambda: [(code, one.label) for code, one in ORDER_FIELDS.items()],
        widget=Checkboxes,
    )
    submission = submission()
    paper_submission = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def clean_file(self) -> UploadedFile:
        """As any document of a case."""
        return DocumentForm.clean_file(self)  # type: ignore[arg-type]


class OrderViewForm(EditForm):
    """What the lawyer thinks of it."""

    view = forms.ChoiceField(
        label=_("Does the order bind us?"),
        choices=lambda: [(one.value, one.label) for one in OrderView],
        widget=Radios,
    )
    text = TextField(label=_("Why? Name the article."))


class OrderNoticeForm(EditForm):
    """Does she know?"""

    notice = forms.ChoiceField(
        label=_("Does the person know of the order?"),
        choices=lambda: [(one.value, one.label) for one in OrderNotice],
        widget=Radios,
    )
    text = TextField(
        label=_("If not: who forbids it, by which paper, and until when?"), required=False
    )


class OrderSignForm(CleanForm):
    """Nothing is asked; it carries what the signer was shown of view and notice."""

    view = forms.CharField(widget=forms.HiddenInput, required=False)
    view_text = forms.CharField(widget=forms.HiddenInput, required=False)
    notice = forms.CharField(widget=forms.HiddenInput, required=False)
    notice_text = forms.CharField(widget=forms.HiddenInput, required=False)


class OrderRefuseForm(CleanForm):
    """Why nothing is handed over."""

    text = TextField(label=_("Why is nothing handed over?"))


class BreachForm(CleanForm):
    """Through which account or team, and between which moments."""

    kind = forms.ChoiceField(
        label=_("What happened?"),
        choices=lambda: [(one.value, one.label) for one in BreachKind],
        widget=Radios,
    )
    user = forms.ChoiceField(
        label=_("Through one account"),
        help_text=_("Then everybody is concerned whose file it opened in that time."),
        required=False,
    )
    team = forms.ChoiceField(
        label=_("Or through all that a team could read"),
        help_text=_("Then everybody is concerned whom the team reached in that time."),
        required=False,
    )
    since = forms.DateTimeField(label=_("From"), widget=forms.DateTimeInput(attrs=MOMENT))
    until = forms.DateTimeField(label=_("Until"), widget=forms.DateTimeInput(attrs=MOMENT))
    submission = submission()

    def __init__(
        self, *args: Any, users: list[tuple[str, str]], teams: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        nobody = ("", _("No"))
        offer(self, user=[nobody, *users], team=[nobody, *teams])


class ToldForm(CleanForm):
    """By which safe channel the person was told."""

    channel = one_of("safe_channels", _("By which safe way was the person told?"))
