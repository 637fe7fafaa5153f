"""What is asked before anything is computed, and of those who sign."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from panoh.statistics import queries
from panoh.statistics.rules.estimation.result import SEED
from panoh.statistics.rules.outputs import SAFES, STATUSES, Field
from panoh.statistics.rules.words import ABOUT
from panoh.statistics.rules.words import SAFES as SAFES_TOLD
from panoh.statistics.rules.words import STATUSES as STATUSES_TOLD
from panoh.ui.forms import CleanForm, DayInput, Radios, TextField, offer

_NO_FILE = _("No file arrived. Choose one; it may have been too large.")
MOST_REPLICATES = 10_000
DEFINITIONS = [
    ("confirmed", _("confirmed: recognised by a decision")),
    ("potential", _("potential: signs of trafficking, no decision yet")),
]


class TableField(forms.FileField):
    """A CSV file, refused before it is read if it is too large."""

    widget = forms.FileInput(attrs={"accept": ".csv,.txt"})
    default_error_messages = {
        "required": _NO_FILE,
        "missing": _NO_FILE,
        "empty": _("The file is empty. Please choose another."),
    }

    def clean(self, data: Any, initial: Any = None) -> UploadedFile | None:
        """The file as it came."""
        found: UploadedFile | None = super().clean(data, initial)
        if found is not None and (found.size or 0) > queries.most_bytes():
            text = _("This file is too large: at most %(count)d megabytes are taken.")
            raise forms.ValidationError(
                text, code="large", params={"count": queries.most_bytes() >> 20}
            )
        return found


class EstimateForm(CleanForm):
    """Origin, methods and levels of an estimation; stored before anything is computed."""

    name = forms.CharField(label=_("Name of the estimate"), max_length=120)
    definition = forms.ChoiceField(label=ABOUT["definition"], widget=Radios, choices=DEFINITIONS)
    place = forms.CharField(label=ABOUT["place"], max_length=120)
    since = forms.DateField(label=_("First day of the period"), widget=DayInput)
    until = forms.DateField(label=_("Last day of the period"), widget=DayInput)
    owners = TextField(
        label=ABOUT["owners"],
        help_text=_("Names may be masked, here and in the table: list A, list B."),
    )
    linkage = TextField(
        label=ABOUT["linkage"],
        help_text=_("By what it was seen that somebody stands on two lists."),
    )
    linkage_version = forms.CharField(label=ABOUT["linkage_version"], max_length=60)
    order = forms.TypedChoiceField(
        label=_("Which models may be tried?"),
        widget=Radios,
        coerce=int,
        initial=2,
        choices=[(2, _("overlaps of two lists")), (3, _("overlaps of two and of three lists"))],
    )
    replicates = forms.IntegerField(
        label=_("How many repetitions?"), min_value=100, max_value=MOST_REPLICATES, initial=1000
    )
    seed = forms.IntegerField(
        label=_("Seed of the repetitions"),
        min_value=0,
        max_value=2**31,
        initial=SEED,
        help_text=_("Any number, chosen before looking: the same gives the same result."),
    )
    decision = forms.FloatField(
        label=_("Is there a number above which something would be decided otherwise?"),
        required=False,
        min_value=0,
    )
    strata = forms.CharField(
        label=_("Column that names a group for each line, if each group is estimated apart"),
        required=False,
        max_length=120,
        help_text=_("For example a region. The sum adds repetitions, never limits."),
    )
    file = TableField(
        label=_("Table of overlaps"),
        help_text=_(
            "CSV: a column of 0 and 1 for each list, then a column “count”. It is destroyed when "
            "the result stands."
        ),
    )

    def clean(self) -> dict[str, Any]:
        """A period ends after it begins."""
        given = super().clean() or self.cleaned_data
        _in_order(self, given)
        return given

    @property
    def about(self) -> dict[str, str]:
        """The origin as it is stored."""
        named = ("definition", "place", "owners", "linkage", "linkage_version")
        return _about(self, named)


def _in_order(form: CleanForm, given: dict[str, Any]) -> None:
    since, until = given.get("since"), given.get("until")
    if since and until and until < since:
        form.add_error("until", _("The last day lies before the first."))


def _about(form: CleanForm, named: Sequence[str]) -> dict[str, str]:
    given = form.cleaned_data
    period = f"{given['since'].isoformat()}/{given['until'].isoformat()}"
    return {**{name: given[name].strip() for name in named}, "period": period}


class ReleaseForm(CleanForm):
    """A plan, and what the record of a release says beside it."""

    plan = TextField(
        label=_("Plan (TOML)"),
        required=False,
        help_text=_("Type or paste it, or send a file. An example stands above."),
    )
    file = TableField(label=_("Or the plan as a file"), required=False)
    purpose = TextField(label=ABOUT["purpose"])
    place = forms.CharField(label=ABOUT["place"], max_length=120)
    since = forms.DateField(label=_("First day of the period"), widget=DayInput)
    until = forms.DateField(label=_("Last day of the period"), widget=DayInput)
    consent = TextField(label=ABOUT["consent"])
    contact = forms.CharField(label=ABOUT["contact"], max_length=200)
    licence = forms.CharField(label=ABOUT["licence"], max_length=120)
    withdrawal = TextField(
        label=ABOUT["withdrawal"],
        help_text=_("Before the next release: what is out stays out."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].widget.attrs["accept"] = ".toml,.txt"

    def clean(self) -> dict[str, Any]:
        """Typed or sent, one of the two."""
        given = super().clean() or self.cleaned_data
        _in_order(self, given)
        sent = given.get("file")
        if sent:
            try:
                given["plan"] = sent.read().decode("utf-8-sig")
            except UnicodeDecodeError:
                self.add_error("file", _("The file is not text in UTF-8."))
        if not (given.get("plan") or "").strip() and not self.errors:
            self.add_error("plan", _("Type a plan, or send one as a file."))
        return given

    @property
    def about(self) -> dict[str, str]:
        """The metadata as they are stored."""
        return _about(self, ("purpose", "place", "consent", "contact", "licence", "withdrawal"))


class SendForm(CleanForm):
    """The confidential file of a release."""

    file = TableField(
        label=_("The confidential table"),
        help_text=_(
            "CSV with the columns of the plan, one row for each person. It is kept encrypted and "
            "destroyed after the run."
        ),
    )


class LeaversForm(CleanForm):
    """Who withdrew from a population, by the names of the table's own column."""

    population = forms.ChoiceField(label=ABOUT["population"], widget=Radios)
    names = TextField(
        label=_("Who withdrew, one a line"),
        required=False,
        help_text=_(
            "As they stand in the column that the plan calls person: a key is better than a name. "
            "Only a mark is kept, from which nobody can read who it is."
        ),
    )
    file = TableField(label=_("Or a file, one a line"), required=False)

    def __init__(self, *args: Any, populations: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, population=[(one, one) for one in populations])

    def clean(self) -> dict[str, Any]:
        """Typed and sent ones together."""
        given = super().clean() or self.cleaned_data
        sent, typed = given.get("file"), given.get("names") or ""
        if sent:
            try:
                typed += "\n" + sent.read().decode("utf-8-sig")
            except UnicodeDecodeError:
                self.add_error("file", _("The file is not text in UTF-8."))
        given["all"] = typed.splitlines()
        return given


class NumbersSignForm(CleanForm):
    """A line on each of the Five Safes and on each finding; ``seal`` is the mark of what was read.

    ``status`` offers what is not milder than the answer that stands.
    """

    field = forms.ChoiceField(label=_("What do you sign for?"), widget=Radios)
    seal = forms.CharField(widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        fields: Sequence[Field],
        findings: Sequence[tuple[str, str]],
        status: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for name in SAFES:
            self._ask(name, TextField(label=SAFES_TOLD[name]))
        for number, (code, told) in enumerate(findings):
            self._ask(f"finding_{number}", TextField(label=f"{code}: {told}"))
        if status:
            label = _("The answer that may be given")
            self._ask("status", forms.ChoiceField(label=label, widget=Radios))
        self.findings = [code for code, _told in findings]
        offer(self, field=[(one.value, one.label) for one in fields])
        if status:
            allowed = STATUSES[STATUSES.index(status) :]
            offer(self, status=[(one, STATUSES_TOLD[one]) for one in allowed])

    def _ask(self, name: str, field: forms.Field) -> None:
        field.error_messages["required"] = _("Please answer this.")
        self.fields[name] = field

    @property
    def record(self) -> dict[str, object]:
        """What is signed with it."""
        given = self.cleaned_data
        return {
            **{name: given[name] for name in SAFES},
            "findings": {
                f"{number + 1} {code}": given[f"finding_{number}"]
                for number, code in enumerate(self.findings)
            },
        }


class WhyForm(CleanForm):
    """Why it is refused or withdrawn."""

    reason = TextField(label=_("Why?"), help_text=_("It is kept, and read by who prepared it."))
