"""The sentence of consent in two steps: what is settled before it, and the answer to it."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from panoh.consent import queries, rules
from panoh.consent.forms import ConsentForm
from panoh.desk.forms.fields import submission
from panoh.ui.forms import Folded, offer

# Asked after the sentence was read aloud; everything else before.
AFTER = ("told_limits", "answer", "own_words", "asked_now")
NOBODY = "nobody_interprets"
ABOUT_RECEIVER = ("to", "categories", "services")


class Sentence(ConsentForm):
    """Both steps: the purpose is the page's own, the room comes first."""

    to = forms.ChoiceField(label=_("Who may be told?"))
    submission = submission()
    field_order = ("present", "to", "services", "language", "read_in", "interpreter", "until")

    def __init__(self, *args: Any, receivers: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["purpose"].widget = forms.HiddenInput()
        if receivers:
            offer(self, to=[("", _("Choose")), *receivers])
        else:
            for name in ABOUT_RECEIVER:
                del self.fields[name]


class AskForm(Sentence):
    """Who is in the room, who may be told what, until when."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in AFTER:
            del self.fields[name]
        services = self.fields.get("services")
        if isinstance(services, forms.MultipleChoiceField):
            services.widget = Folded(choices=services.choices)

    def clean(self) -> dict[str, Any]:
        """The script is read in a language of the person, or somebody interprets (row H18)."""
        cleaned = super().clean() or self.cleaned_data
        language = cleaned.get("language", "")
        read_in = cleaned.get("read_in") or language
        interpreted = cleaned.get("interpreter") in rules.INTERPRETED
        missing = queries.needs_interpreter(read_in)
        if language and (missing or (read_in != language and not interpreted)):
            text = _("The script is not in the person's language. Say who interprets.")
            self.add_error("interpreter", ValidationError(text, code=NOBODY))
        return cleaned

    @property
    def needs_interpreter(self) -> bool:
        """Whether somebody has to be found before consent can be asked."""
        return (
            self.is_bound
            and self.has_error("interpreter", NOBODY)
            and queries.needs_interpreter(self.cleaned_data["language"])
        )


class AnswerForm(Sentence):
    """What the person answered; what was settled before goes along unseen."""

    def __init__(self, *args: Any, delayed: bool, read: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not delayed:
            del self.fields["asked_now"]
        if read:
            del self.fields["told_limits"]
        for name, field in self.fields.items():
            if name not in AFTER:
                many = isinstance(field, forms.MultipleChoiceField)
                field.widget = forms.MultipleHiddenInput() if many else forms.HiddenInput()

    def recorded(self) -> dict[str, Any]:
        """Keywords for the verb ``record``, without the receiver."""
        data = super().recorded()
        data.pop("to", None)
        return {"told_limits": False, **data}
