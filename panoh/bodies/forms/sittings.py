"""Sittings, who came, votes, what was resolved: the shape of what is typed."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any
from uuid import UUID

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Team
from panoh.bodies.actions.sittings import PaperResult
from panoh.bodies.forms.fields import MOST_VOTES, NO_NAME, day_of, submission
from panoh.bodies.models import (
    Attendance,
    Body,
    Choice,
    Item,
    Seat,
)
from panoh.policy import queries as policy
from panoh.ui.forms import Checkboxes, CleanForm, Radios, offer
from panoh.ui.templatetags.panoh import city


class WhenForm(CleanForm):
    """A day and an hour, where the bodies sit."""

    day = day_of(_("On which day?"))
    hour = forms.TimeField(
        label=_("At what time?"),
        widget=forms.TimeInput(attrs={"type": "time", "class": "w-10"}, format="%H:%M"),
        initial=time(10),
    )
    place = forms.CharField(
        label=_("Where? (room, not a secret address)"), required=False, max_length=120
    )
    submission = submission()

    def __init__(self, *args: Any, body: Body, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = policy.calendar(body.zone).zone
        if body.zone:
            self.fields["hour"].help_text = _("Time of %(city)s") % {"city": city(body.zone)}

    def moment(self) -> datetime:
        """The moment that was typed, in the zone of the body."""
        return datetime.combine(self.cleaned_data["day"], self.cleaned_data["hour"], self.zone)


class PaperSittingForm(WhenForm):
    """A sitting that was held on paper: who was there, how many votes each matter had."""

    # Three counts for each matter: the page says once that they may stay empty.
    mark_optional = False

    reason = forms.CharField(label=_("Why on paper?"), max_length=500)
    there = forms.MultipleChoiceField(label=_("Who was there?"), widget=Checkboxes, required=False)

    def __init__(
        self, *args: Any, seats: Sequence[Seat], items: Sequence[Item], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.items = list(items)
        offer(self, there=[(str(one.pk), f"{one.title} · {one.sitter}") for one in seats])
        for item in self.items:
            for side, label in (
                ("for", _("for")),
                ("against", _("against")),
                ("abstained", _("abstained")),
            ):
                self.fields[f"{side}_{item.pk}"] = forms.IntegerField(
                    # The matter stands above its three counts; read alone, each names it.
                    label=format_html(
                        '<span class="govuk-visually-hidden">{}: </span>{}', item.number, label
                    ),
                    min_value=0,
                    max_value=MOST_VOTES,
                    required=False,
                    widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "w-4"}),
                )

    @property
    def head(self) -> list[Any]:
        """The questions about the whole sitting."""
        return [self[name] for name in ("day", "hour", "place", "reason", "there")]

    @property
    def lines(self) -> list[tuple[Item, list[Any]]]:
        """Each matter with its three counts."""
        return [
            (item, [self[f"{side}_{item.pk}"] for side in ("for", "against", "abstained")])
            for item in self.items
        ]

    def results(self) -> list[PaperResult]:
        """The matters that were treated: those with any vote."""
        data = self.cleaned_data
        found = [
            PaperResult(
                item.pk,
                data.get(f"for_{item.pk}") or 0,
                data.get(f"against_{item.pk}") or 0,
                data.get(f"abstained_{item.pk}") or 0,
            )
            for item in self.items
        ]
        return [one for one in found if one.in_favour + one.against + one.abstained]

    def seats(self) -> list[UUID]:
        """Who was there."""
        return [UUID(one) for one in self.cleaned_data["there"]]


class AttendForm(CleanForm):
    """Who is there now; in which seats the alternate sits."""

    there = forms.MultipleChoiceField(
        label=_("Who is there now?"), widget=Checkboxes, required=False
    )
    alternates = forms.MultipleChoiceField(
        label=_("Where does the alternate sit?"), widget=Checkboxes, required=False
    )

    def __init__(self, *args: Any, rows: Sequence[Attendance], **kwargs: Any) -> None:
        there = [one for one in rows if one.came_at is not None and one.left_at is None]
        kwargs["initial"] = {
            "there": [str(one.seat_id) for one in there],
            "alternates": [str(one.seat_id) for one in there if one.by_alternate],
        }
        super().__init__(*args, **kwargs)
        self.rows = list(rows)
        seats = [one.seat for one in rows]
        offer(
            self,
            there=[(str(one.pk), f"{one.title} · {one.sitter}") for one in seats],
            alternates=[
                (str(one.pk), f"{one.title} · {one.alternate}") for one in seats if one.alternate
            ],
        )
        if not any(one.alternate for one in seats):
            del self.fields["alternates"]

    def given(self) -> dict[str, Any]:
        """Arguments of ``bodies.attend``."""
        there = set(self.cleaned_data["there"])
        return {
            "there": {one.seat_id: str(one.seat_id) in there for one in self.rows},
            "alternates": [UUID(one) for one in self.cleaned_data.get("alternates", [])],
        }


# Said of a seat instead of a vote.
TOUCHED = "touched"


class VotesForm(CleanForm):
    """How each seat voted, or that the matter touches whoever sits there."""

    mark_optional = False

    def __init__(self, *args: Any, seats: Sequence[Seat], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.seats = {str(one.pk): one for one in seats}
        offered = [*Choice.choices, (TOUCHED, _("The matter touches this member"))]
        for key, one in self.seats.items():
            label = f"{one.title} · {one.sitter}"
            self.fields[key] = forms.ChoiceField(
                label=label, widget=Radios, choices=offered, required=False
            )

    def given(self) -> list[tuple[Seat, str]]:
        """Seats of which something was written, conflicts first."""
        data = self.cleaned_data
        found = [(one, data[key]) for key, one in self.seats.items() if data.get(key)]
        return sorted(found, key=lambda pair: pair[1] != TOUCHED)


class ReasonForm(CleanForm):
    """One sentence: why put off, what came of it, what is corrected."""

    text = forms.CharField(max_length=500, help_text=NO_NAME)

    def __init__(self, *args: Any, title: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = title


class MatterForm(CleanForm):
    """Another matter for the agenda."""

    title = forms.CharField(label=_("What is it about?"), max_length=200, help_text=NO_NAME)


class ResolutionForm(CleanForm):
    """What somebody does, until when."""

    text = forms.CharField(label=_("What is to be done?"), max_length=1000, help_text=NO_NAME)
    owner = forms.ChoiceField(label=_("Who does it?"))
    due_on = day_of(_("Until which day?"))

    def __init__(self, *args: Any, body: Body, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams = Team.objects.select_related("unit").filter(is_intake=True)
        found = [body.team, *teams.exclude(pk=body.team_id).order_by("unit__name", "name")]
        self.teams = {str(one.pk): one for one in found}
        offer(self, owner=[(key, f"{one.unit} · {one}") for key, one in self.teams.items()])

    def given(self) -> dict[str, Any]:
        """Arguments of ``bodies.resolve``."""
        return {**self.cleaned_data, "owner": self.teams[self.cleaned_data["owner"]]}
