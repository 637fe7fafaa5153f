"""The base of every form: clean text, accessible rendering, partial dates, references.

Templates stand in ``templates/django/forms``: ``{{ form }}`` and ``{{ field.as_field_group }}``
give label, hint and error beside the field, tied by ``aria-describedby``; the frame of the page
puts the summary on top.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from hashlib import sha256
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import TemplatesSetting
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from panoh.ui import rules
from panoh.ui.rules import MAX_TEXT, PartialDate

FAULTS = {
    "nul": _(
        "There was a hidden character that cannot be kept. "
        "It was taken out: please check the text and save again."
    ),
    "direction": _(
        "There were hidden characters that turn the direction of the text. "
        "They were taken out: please check the text and save again."
    ),
    "encoding": _("Some letters were lost on the way and show as �. Please type them again."),
    "long": _(
        "The text is too long: at most 15,000 characters fit in one field. Nothing was cut off."
    ),
    "much": _("This is too long: at most %(limit_value)d characters fit here."),
}
FAR = _("This date lies too far away. Please check the year.")
# Years that a day of work can lie in: a slip of the finger is said, not counted with.
YEARS = range(1900, 2200)

YES_NO_UNKNOWN = [("yes", _("Yes")), ("no", _("No")), ("unknown", _("Not yet known"))]


# The mark of one opened form, by which the same one sent again is known.
ONCE = "once"
# What a form says that it has seen, where nothing stood.
NOTHING = "nothing"


class Renderer(TemplatesSetting):
    """FORM_RENDERER: the form templates of this room, found like any other template."""


class CleanForm(forms.Form):
    """A form whose texts are cleaned before its fields see them.

    A fault is named beside its field and the text shown again without what cannot be kept, so
    nothing typed is lost. Passphrases are left as they are. ``mark_optional`` shows which
    questions may stay empty. ``titled`` names the field that the heading right above asks for:
    its own label is only read out.
    """

    use_required_attribute = False
    mark_optional = True
    titled = ""
    required_css_class = ""
    # Raises if this very form was sent already: ``typed`` says how that is known.
    twice: Callable[[], None] = staticmethod(lambda: None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        general = forms.Field.default_error_messages["required"]
        for field in self.fields.values():
            if field.error_messages.get("required") == general:
                field.error_messages["required"] = _("Please answer this.")
            field.error_messages.setdefault("max_length", FAULTS["much"])

    @property
    def once(self) -> str:
        """The mark of this opened form; it stays the same while the form is shown again."""
        return str(self.data.get(ONCE) or uuid4())

    def is_valid(self) -> bool:
        """Whether it can be used; what a first click took away is no fault of the second."""
        if not (valid := super().is_valid()):
            self.twice()
        return valid

    def full_clean(self) -> None:
        """Clean the raw texts, then the fields, then add the faults found."""
        faults = self._clean_data() if self.is_bound else {}
        super().full_clean()
        for name, value in list(getattr(self, "cleaned_data", {}).items()):
            if isinstance(value, date) and value.year not in YEARS:
                self.add_error(name, ValidationError(FAR, code="far"))
        for name, codes in faults.items():
            for code in codes:
                self.add_error(name, ValidationError(FAULTS[code], code=code))

    def _clean_data(self) -> dict[str, list[str]]:
        faults: dict[str, list[str]] = {}
        owner = self._owners()
        clean = QueryDict(mutable=True)
        for key, values in _lists(self.data):
            name = owner.get(key)
            if name and isinstance(self.fields[name].widget, forms.PasswordInput):
                clean.setlist(key, values)
                continue
            done = [
                rules.clean_text(value) if isinstance(value, str) else value for value in values
            ]
            clean.setlist(
                key, [item.text if isinstance(item, rules.Cleaned) else item for item in done]
            )
            for item in done:
                if name is not None and isinstance(item, rules.Cleaned):
                    known = faults.setdefault(name, [])
                    known += [code for code in item.faults if code not in known]
        self.data = clean
        return {name: codes for name, codes in faults.items() if codes}

    def _owners(self) -> dict[str, str]:
        """Which field each key of the data belongs to; one field may have several inputs."""
        owner: dict[str, str] = {}
        for name, field in self.fields.items():
            html_name = self.add_prefix(name)
            owner[html_name] = name
            if isinstance(field.widget, forms.MultiWidget):
                suffixes = field.widget.widgets_names  # type: ignore[attr-defined]
                owner |= {html_name + suffix: name for suffix in suffixes}
        return owner


class EditForm(CleanForm):
    """A form over answers that stand already and that somebody else may change meanwhile.

    ``stands`` (default: ``initial``) is what stands now, on the visit and when it is sent; the
    field ``seen`` carries the marks of what stood when the form was opened. What moved meanwhile
    and is not what was typed is shown beside the field that holds ours, and nothing is written;
    sent once more, ours counts. Without ``seen``, or opened over nothing, all that stands was not
    seen. Whoever calls locks what is edited before reading what stands.
    """

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, stands: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stands = dict(self.initial if stands is None else stands)
        self.initial = {**self.initial, "seen": self._seen_now()}

    def clean(self) -> dict[str, Any]:
        """Both versions, where there are two."""
        cleaned = super().clean() or self.cleaned_data
        before = set(cleaned.pop("seen", "").split())
        moved = [name for name in self.stands if self._mark(name) not in before]
        text = _("Somebody else answered meanwhile: %(theirs)s. Save again to keep yours.")
        if before <= {NOTHING}:
            moved = [name for name in moved if any(_several(self.stands[name]))]
            text = _("This stands already: %(theirs)s. Save again to keep yours.")
        self.data["seen"] = self._seen_now()  # type: ignore[index]  # full_clean made it mutable
        for name in moved:
            theirs, is_ours = self.stands[name], name in self.fields
            if not is_ours or _plain(theirs) != _plain(cleaned.get(name)):
                words = {"theirs": self._words(name, theirs) or _("Not asked")}
                self.add_error(name if is_ours else None, text % words)
        return cleaned

    def _seen_now(self) -> str:
        return " ".join(map(self._mark, self.stands)) or NOTHING

    def _mark(self, name: str) -> str:
        text = f"{name} {_plain(self.stands[name])}"
        return sha256(text.encode()).hexdigest()[:16]

    def _words(self, name: str, value: Any) -> str:
        """A value as the reader of the form knows it."""
        if isinstance(value, bool):
            return str(_("Yes") if value else _("No"))
        field = self.fields.get(name)
        labels = dict(_flat(field.choices)) if isinstance(field, forms.ChoiceField) else {}
        return "; ".join(str(labels.get(str(one), one)) for one in _several(value))


def _several(value: Any) -> list[Any]:
    found = list(value) if isinstance(value, list | tuple | set | frozenset) else [value]
    return [one for one in found if one is not None and one != ""]


def _plain(value: Any) -> str:
    """A value by which two versions are compared: neither order nor the ends of lines count."""
    return "\n".join(sorted(str(one).strip().replace("\r\n", "\n") for one in _several(value)))


def _flat(choices: Any) -> Iterator[tuple[str, Any]]:
    """Codes and labels of choices, those in groups too."""
    for code, label in choices:
        if isinstance(label, list | tuple):
            yield from _flat(label)
        else:
            yield str(code), label


def offer(form: forms.Form, **choices: Any) -> None:
    """Give fields the choices of this request: ``offer(form, sex=[(code, label), …])``."""
    for name, found in choices.items():
        field = form.fields[name]
        if not isinstance(field, forms.ChoiceField):
            raise TypeError(name)
        field.choices = found


def _lists(data: Mapping[str, Any]) -> list[tuple[str, list[Any]]]:
    if isinstance(data, QueryDict):
        return [(key, list(values)) for key, values in data.lists()]
    return [(key, list(v) if isinstance(v, list | tuple) else [v]) for key, v in data.items()]


class TextField(forms.CharField):
    """Several lines of free text, up to 15,000 characters."""

    widget = forms.Textarea(attrs={"rows": 5})

    def __init__(self, **kwargs: Any) -> None:
        # The form itself says "too long" with the text kept; this bound only guards plain forms.
        kwargs.setdefault("max_length", MAX_TEXT)
        super().__init__(**kwargs)
        self.validators = [v for v in self.validators if getattr(v, "code", "") != "max_length"]
        self.widget.attrs.pop("maxlength", None)


class DayInput(forms.DateInput):
    """A whole day, chosen in the browser's calendar; a day written otherwise would show empty."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class _Hinted:
    """Choices with a hint below some of them: ``hints`` is {value: text}."""

    def __init__(self, *args: Any, hints: Mapping[str, str | Promise] | None = None, **kw: Any):
        self.hints = dict(hints or {})
        super().__init__(*args, **kw)

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(name, value, *args, **kwargs)  # type: ignore[misc]
        hint = self.hints.get(str(value))
        if hint:
            option["hint"] = hint
        return option


class Radios(_Hinted, forms.RadioSelect):
    """One of a few answers."""


class Checkboxes(_Hinted, forms.CheckboxSelectMultiple):
    """Any of a few answers."""


class Folded(Checkboxes):
    """A long list: what is ticked already stands first, the rest is folded away."""

    template_name = "django/forms/widgets/checkbox_folded.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Part the options into ``chosen`` and ``others``."""
        context = super().get_context(name, value, attrs)
        widget = context["widget"]
        options = [one for _group, found, _index in widget["optgroups"] for one in found]
        widget["chosen"] = [one for one in options if one["selected"]]
        widget["others"] = [one for one in options if not one["selected"]]
        return context


class PartialDateWidget(forms.MultiWidget):
    """Three inputs: day, month, year."""

    template_name = "django/forms/widgets/partial_date.html"
    use_fieldset = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        part = {"inputmode": "numeric", "maxlength": 4, "autocomplete": "off"}
        super().__init__(
            {name: forms.TextInput(attrs=part) for name in ("day", "month", "year")}, attrs
        )

    def decompress(self, value: Any) -> list[Any]:
        """Spread a date over the three inputs."""
        if isinstance(value, str) and value:
            value = PartialDate.parse(value)
        if isinstance(value, date | PartialDate):
            return [value.day, value.month, value.year]
        return [None, None, None]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Give each input its label."""
        context = super().get_context(name, value, attrs)
        labels = (_("Day"), _("Month"), _("Year"))
        for part, label, width in zip(
            context["widget"]["subwidgets"], labels, ("w-2", "w-2", "w-4"), strict=True
        ):
            part["label"] = label
            part["attrs"]["class"] = width
        return context


class PartialDateField(forms.Field):
    """A date of which the day, or day and month, may be unknown; gives a ``PartialDate``.

    ``whole`` asks for all three parts. ``latest`` is a question (for instance: today in the
    pack's time zone) and refuses dates that can only lie after it.
    """

    widget = PartialDateWidget
    default_error_messages = {
        "invalid": _(
            "This is not a date. Write it in figures: day, month, year, for example 27 3 1998."
        ),
        "year": _(
            "Write the year in four figures. If even the year is not known, leave all three empty."
        ),
        "gap": _("The month is missing. Give the month too, or leave the day empty."),
        "whole": _("Give day, month and year."),
        "future": _("This date lies in the future."),
        "past": _("This date lies too far in the past."),
    }

    def __init__(
        self,
        *,
        whole: bool = False,
        latest: Callable[[], date] | None = None,
        earliest: Callable[[], date] | None = None,
        **kwargs: Any,
    ) -> None:
        self.whole, self.latest, self.earliest = whole, latest, earliest
        if not whole:
            kwargs.setdefault(
                "help_text",
                _("Leave empty what is not known. For example: 27 3 1998, or only 1998."),
            )
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> PartialDate | None:
        """Read the three inputs. All empty means not known."""
        if value is None or isinstance(value, PartialDate):
            return value
        texts = [str(part or "").strip() for part in value]
        if not any(texts):
            return None
        if not all(re.fullmatch(r"\d{0,4}", text) for text in texts):
            raise self._refusal("invalid")
        day, month, year = (int(text) if text else None for text in texts)
        if year is None or len(texts[2]) != 4:
            raise self._refusal("year")
        if day is not None and month is None:
            raise self._refusal("gap")
        if self.whole and (day is None or month is None):
            raise self._refusal("whole")
        try:
            found = PartialDate(year, month, day)
        except ValueError:
            raise self._refusal("invalid") from None
        if self.latest is not None and found.earliest > self.latest():
            raise self._refusal("future")
        if self.earliest is not None and found.latest < self.earliest():
            raise self._refusal("past")
        return found

    def _refusal(self, code: str) -> ValidationError:
        return ValidationError(self.error_messages[code], code=code)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the three inputs differ from what was known."""
        known = [str(part or "") for part in PartialDateWidget().decompress(initial)]
        return known != [str(part or "") for part in data or ["", "", ""]]


# Letters that a Cyrillic keyboard gives for what looks the same on the page.
_ALIKE = str.maketrans("АВЕКМНРСТУХ", "ABEKMHPCTYX")


class RefField(forms.CharField):
    """A reference of ten signs as people read it aloud: spaces, dashes, small letters and those of
    a Cyrillic keyboard pass."""

    default_error_messages = {
        "invalid": _("This is not a reference. It has ten letters and figures.")
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Reference"))
        super().__init__(**kwargs)
        self.widget.attrs |= {"class": "w-20 code", "autocomplete": "off", "spellcheck": "false"}

    def to_python(self, value: Any) -> str:
        """Return the ten signs in capitals, or an empty text."""
        text = re.sub(r"[\s\-–—.]", "", super().to_python(value) or "").upper().translate(_ALIKE)
        if text and not re.fullmatch(r"[2-9A-Z]{10}", text):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return text
