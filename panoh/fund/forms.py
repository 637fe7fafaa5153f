"""What is asked when money is asked for, signed, paid, and entered into the books."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from panoh.fund.models import Book, Line
from panoh.fund.queries import Standing
from panoh.fund.templatetags.money import money
from panoh.kernel.rules import Invalid, in_minor, split
from panoh.policy import queries as policy
from panoh.ui.forms import CleanForm, DayInput, Radios, offer

NAME_LENGTH, PAPER_LENGTH = 120, 80
FAR_YEARS = 200


def digits() -> int:
    """Places of the pack's currency."""
    found = policy.code("currencies", str(policy.setting("currency")))
    return int(found.extra["digits"]) if found else 0


class SumField(forms.CharField):
    """A sum as people write it; gives a whole number of smallest units."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=30, **kwargs)
        self.widget.attrs |= {"inputmode": "decimal", "class": "w-10", "autocomplete": "off"}

    def clean(self, value: Any) -> Any:
        """Raises ``ValidationError`` for what is no sum."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return in_minor(text, digits())
        except Invalid as problem:
            raise forms.ValidationError(str(problem.message)) from problem


class MoneyForm(CleanForm):
    """Ask for money: what for, how much, tonight or not, from which fund."""

    kind = forms.ChoiceField(label=_("What for?"))
    amount = SumField(label=_("How much?"))
    urgent = forms.BooleanField(label=_("It is needed tonight"), required=False)
    book = forms.ChoiceField(label=_("From which fund?"))
    submission = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, *args: Any, books: Sequence[Book], ceiling: int | None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.books = {str(one.pk): one for one in books}
        offer(
            self,
            kind=[("", "—"), *policy.choices("money_kinds")],
            book=[(key, one.name) for key, one in self.books.items()],
        )
        currency = policy.label("currencies", str(policy.setting("currency")))
        self.fields["amount"].help_text = currency
        if ceiling is None:
            del self.fields["urgent"]
        else:
            text = _("Up to %(sum)s one person of the fund is enough; the second signs afterwards.")
            self.fields["urgent"].help_text = text % {"sum": money(ceiling)}
        if len(self.books) == 1:
            self.fields["book"].widget = forms.HiddenInput()
            self.fields["book"].initial = next(iter(self.books))

    def given(self) -> dict[str, Any]:
        """Arguments of ``fund.ask``."""
        found = {"urgent": False, **self.cleaned_data}
        return {**found, "book": self.books[found["book"]]}


class SignForm(CleanForm):
    """A signature. The first one says from which line; or shares of several, which make the
    whole. The second one only signs."""

    # A line or shares: neither is a question that may stay open.
    mark_optional = False

    line = forms.ChoiceField(label=_("From which money?"), widget=Radios, required=False)

    def __init__(
        self, *args: Any, amount: int, lines: Sequence[Standing], is_first: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.amount, self.lines = amount, list(lines)
        if not is_first:
            del self.fields["line"]
            return
        offer(self, line=[(str(one.line.pk), self._words(one)) for one in lines])
        enough = [str(one.line.pk) for one in lines if one.free >= amount]
        self.fields["line"].initial = enough[0] if enough else None
        for number, one in enumerate(lines if len(lines) > 1 else (), 1):
            self.fields[f"share_{number}"] = forms.IntegerField(
                label=_("Share of %(line)s") % {"line": one.line.name},
                min_value=0,
                max_value=100,
                required=False,
            )

    @staticmethod
    def _words(one: Standing) -> str:
        source = policy.label("money_sources", one.line.source)
        words = {"line": one.line.name, "source": source, "sum": money(one.free)}
        return str(_("%(line)s · %(source)s · free: %(sum)s") % words)

    @property
    def shares(self) -> list[Any]:
        """The fields for several sources."""
        return [self[name] for name in self.fields if name.startswith("share_")]

    def clean(self) -> dict[str, Any]:
        """Either one line or shares."""
        data = super().clean() or self.cleaned_data
        if "line" in self.fields and not self._weights(data) and not data.get("line"):
            self.add_error("line", _("Choose where the money comes from."))
        return data

    def _weights(self, data: dict[str, Any]) -> list[int]:
        found = [data.get(f"share_{number}") or 0 for number in range(1, len(self.lines) + 1)]
        return found if any(found) else []

    def parts(self) -> list[tuple[Line, int]]:
        """Lines and sums: together the whole, to the smallest unit; none for a second signature."""
        data, lines = self.cleaned_data, [one.line for one in self.lines]
        if weights := self._weights(data):
            pairs = zip(lines, split(self.amount, weights), strict=True)
            return [(line, part) for line, part in pairs if part]
        return [(line, self.amount) for line in lines if str(line.pk) == data.get("line")]


class MoneyCodeForm(CleanForm):
    """One code of a list: why not, how it is proved, why it came back."""

    code = forms.ChoiceField(widget=Radios)

    def __init__(self, *args: Any, name: str, title: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, code=policy.choices(name))
        self.fields["code"].label = title


class PayForm(CleanForm):
    """Handing money out; the number of the voucher may stand on it."""

    paper = forms.CharField(label=_("Number of the voucher"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["paper"].widget.attrs["maxlength"] = PAPER_LENGTH


class BookForm(CleanForm):
    """The books of a fund begin with its name."""

    name = forms.CharField(label=_("Name of the fund"), max_length=NAME_LENGTH)


class LineForm(CleanForm):
    """Money of one source for one purpose."""

    name = forms.CharField(
        label=_("Agreement or budget heading"),
        max_length=NAME_LENGTH,
        help_text=_("As it stands on paper. Never the name of a person."),
    )
    source = forms.ChoiceField(label=_("Who gives it?"), widget=Radios)
    purpose = forms.ChoiceField(label=_("What is it for?"), widget=Radios)
    submission = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(
            self,
            source=policy.choices("money_sources"),
            purpose=policy.choices("money_purposes"),
        )


class AppropriationForm(CleanForm):
    """Money that came in."""

    amount = SumField(label=_("How much came in?"))
    day = forms.DateField(label=_("On which day?"), widget=DayInput)
    paper = forms.CharField(
        label=_("Number of the order or transfer"), required=False, max_length=PAPER_LENGTH
    )


def month_of(text: str, today: date) -> date | None:
    """The first day of a month written 2026-11; without text that of today; ``None`` for what is
    no month, or one in which nobody keeps books."""
    try:
        found = date.fromisoformat(f"{text}-01") if text else today.replace(day=1)
    except ValueError:
        return None
    return found if abs(found.year - today.year) <= FAR_YEARS else None
