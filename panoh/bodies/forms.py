"""Bodies, seats, sittings, votes, proposals: the shape of what is typed."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Team, Unit, User
from panoh.bodies.actions.sittings import PaperResult
from panoh.bodies.models import (
    Attendance,
    Body,
    Item,
    Level,
    Reply,
    Seat,
    Side,
)
from panoh.bodies.rules import (
    OTHER,
)
from panoh.policy import queries as policy
from panoh.ui.forms import Checkboxes, CleanForm, DayInput, EditForm, Radios, TextField, offer

NO_NAME = _("Never write the name of a person who was helped.")
MOST_VOTES = 200


def _day(label: Any, **more: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=DayInput, **more)


def _submission() -> forms.UUIDField:
    return forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)


def _account(value: str) -> User | None:
    if not value:
        return None
    found = User.objects.filter(username__iexact=value.strip(), is_active=True).first()
    if found is None:
        raise forms.ValidationError(_("There is no account with this user name."))
    return found


class WhenForm(CleanForm):
    """A day and an hour, where the bodies sit."""

    day = _day(_("On which day?"))
    hour = forms.TimeField(
        label=_("At what time?"),
        widget=forms.TimeInput(attrs={"type": "time", "class": "w-10"}, format="%H:%M"),
        initial=time(10),
    )
    place = forms.CharField(label=_("Where? (room, not a secret address)"), required=False)
    submission = _submission()

    def moment(self) -> datetime:
        """The moment that was typed, in the zone of the pack."""
        data = self.cleaned_data
        return datetime.combine(data["day"], data["hour"], policy.pack().calendar.zone)


class BodyForm(CleanForm):
    """A body is founded: what it is, for which place, which team keeps its papers."""

    kind = forms.ChoiceField(label=_("What kind of body?"), widget=Radios)
    level = forms.ChoiceField(label=_("How far does it reach?"), widget=Radios)
    place = forms.ChoiceField(
        label=_("Region or district, unless the whole country"), required=False
    )
    code = forms.SlugField(label=_("Short name in Latin letters, for addresses"), max_length=40)
    team = forms.ChoiceField(label=_("Which team keeps its papers?"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(one.code, str(one.label)) for one in policy.body_kinds().values()]
        teams = Team.objects.select_related("unit").order_by("unit__name", "name")
        self.teams = {str(one.pk): one for one in teams}
        offer(
            self,
            kind=kinds,
            level=Level.choices,
            place=[("", "—"), *policy.place_choices()],
            team=[(key, f"{one.unit} · {one}") for key, one in self.teams.items()],
        )
        for language in policy.languages():
            label = _("Name (%(language)s)") % {"language": language}
            self.fields[f"name_{language}"] = forms.CharField(
                label=label, required=False, max_length=200
            )

    def given(self) -> dict[str, Any]:
        """Arguments of ``bodies.found``."""
        data = dict(self.cleaned_data)
        names = {one: data.pop(f"name_{one}") for one in policy.languages()}
        return {**data, "names": names, "team": self.teams[data["team"]]}


class CoordinationForm(CleanForm):
    """Who coordinates referrals from a day on."""

    unit = forms.ChoiceField(label=_("Which organisation?"))
    since = _day(_("From which day?"))
    paper = forms.CharField(label=_("Number of the order"), required=False, max_length=80)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.units = {str(one.pk): one for one in Unit.objects.order_by("name")}
        offer(self, unit=[(key, str(one)) for key, one in self.units.items()])

    def given(self) -> dict[str, Any]:
        """Arguments of ``bodies.move_coordination``."""
        return {**self.cleaned_data, "unit": self.units[self.cleaned_data["unit"]]}


class SeatForm(CleanForm):
    """A seat: for whom it speaks, who sits there, with which voice."""

    title = forms.CharField(label=_("For which office or organisation?"), max_length=120)
    side = forms.ChoiceField(label=_("Who is it?"), widget=Radios)
    account = forms.CharField(
        label=_("User name of the account"), required=False, help_text=_("Empty: no account.")
    )
    name = forms.CharField(
        label=_("Name, where there is no account"),
        required=False,
        max_length=120,
        help_text=_("In a council of survivors: a chosen name."),
    )
    other = forms.CharField(label=_("User name of the alternate"), required=False)
    votes = forms.BooleanField(label=_("Has a vote"), required=False, initial=True)
    chairs = forms.BooleanField(label=_("Takes the chair"), required=False)
    paid = forms.BooleanField(label=_("Is paid for the work"), required=False)
    since = _day(_("From which day?"))
    until = _day(_("Until which day?"), required=False)
    trained_on = _day(_("Trained on"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, side=Side.choices)

    def clean_account(self) -> User | None:
        """The account that was named."""
        return _account(self.cleaned_data["account"])

    def clean_other(self) -> User | None:
        """The alternate that was named."""
        return _account(self.cleaned_data["other"])

    def given(self) -> dict[str, Any]:
        """Arguments of ``bodies.seat``."""
        data = dict(self.cleaned_data)
        return {"user": data.pop("account"), "alternate": data.pop("other"), **data}


class TermForm(EditForm):
    """What may change of a seat."""

    other = forms.CharField(label=_("User name of the alternate"), required=False)
    trained_on = _day(_("Trained on"), required=False)
    until = _day(_("Until which day?"), required=False)

    def __init__(self, *args: Any, seat: Seat, **kwargs: Any) -> None:
        stands = {
            "other": seat.alternate.username if seat.alternate else "",
            "trained_on": seat.trained_on,
            "until": seat.until,
        }
        kwargs["initial"] = stands
        super().__init__(*args, **kwargs)

    def given(self) -> dict[str, Any]:
        """Arguments of ``bodies.change_seat``."""
        data = dict(self.cleaned_data)
        return {"alternate": _account(data.pop("other")), **data}

    def clean_other(self) -> str:
        """A user name that exists."""
        _account(self.cleaned_data["other"])
        return str(self.cleaned_data["other"])


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
                    label=f"{item.number}: {label}",
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


class ReasonForm(CleanForm):
    """One sentence: why put off, what came of it, what is corrected."""

    text = forms.CharField(max_length=500, help_text=NO_NAME)

    def __init__(self, *args: Any, title: Any, most: int = 500, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = title


class MatterForm(CleanForm):
    """Another matter for the agenda, or a draft to vote on."""

    title = forms.CharField(label=_("What is it about?"), max_length=200, help_text=NO_NAME)
    kind = OTHER


class ResolutionForm(CleanForm):
    """What somebody does, until when."""

    text = forms.CharField(label=_("What is to be done?"), max_length=1000, help_text=NO_NAME)
    owner = forms.ChoiceField(label=_("Who does it?"))
    due_on = _day(_("Until which day?"))

    def __init__(self, *args: Any, body: Body, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams = Team.objects.select_related("unit").filter(is_intake=True)
        found = [body.team, *teams.exclude(pk=body.team_id).order_by("unit__name", "name")]
        self.teams = {str(one.pk): one for one in found}
        offer(self, owner=[(key, f"{one.unit} · {one}") for key, one in self.teams.items()])

    def given(self) -> dict[str, Any]:
        """Arguments of ``bodies.resolve``."""
        return {**self.cleaned_data, "owner": self.teams[self.cleaned_data["owner"]]}


class BodyProposalForm(CleanForm):
    """A proposal, or a problem that somebody should know of."""

    body = forms.ChoiceField(label=_("To which body?"))
    of = forms.ChoiceField(label=_("In whose name?"), required=False)
    is_problem = forms.BooleanField(label=_("It is a problem, not yet a proposal"), required=False)
    text = TextField(label=_("What do you propose?"), help_text=NO_NAME)
    submission = _submission()

    def __init__(
        self, *args: Any, bodies: Sequence[Body], mine: Sequence[Body], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.bodies = {str(one.pk): one for one in bodies}
        self.mine = {str(one.pk): one for one in mine}
        offer(
            self,
            body=[(key, str(one)) for key, one in self.bodies.items()],
            of=[("", _("In my own")), *((key, str(one)) for key, one in self.mine.items())],
        )
        if not self.mine:
            del self.fields["of"]

    def given(self) -> dict[str, Any]:
        """Arguments of ``bodies.propose``."""
        data = self.cleaned_data
        return {
            **data,
            "body": self.bodies[data["body"]],
            "of": self.mine.get(data.get("of", "")),
        }


class ProposalAnswerForm(CleanForm):
    """Accept, decline or defer, with the reason."""

    state = forms.ChoiceField(label=_("What is the answer?"), widget=Radios)
    deferred_to = _day(_("If deferred: until which day?"), required=False)
    reason = forms.CharField(
        label=_("Why?"), max_length=1000, help_text=_("Who proposed it reads this.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, state=[row for row in Reply.choices if row[0] != Reply.WAITING])


class BodyDraftForm(CleanForm):
    """A draft, or the next version of one."""

    title = forms.CharField(label=_("Title"), max_length=200)
    text = TextField(label=_("Text"))


class EventForm(CleanForm):
    """An event and who goes there."""

    kind = forms.ChoiceField(label=_("What is it?"), widget=Radios)
    name = forms.CharField(label=_("Name of the event"), max_length=200)
    place = forms.CharField(label=_("Where?"), required=False, max_length=120)
    starts_on = _day(_("First day"))
    ends_on = _day(_("Last day"))
    delegates = TextField(label=_("Who goes? One office or name in each line"), required=False)
    submission = _submission()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, kind=policy.choices("body_events"))

    def given(self) -> dict[str, Any]:
        """Arguments of ``bodies.add_event``."""
        return {**self.cleaned_data, "delegates": self.cleaned_data["delegates"].splitlines()}


class LessonForm(CleanForm):
    """What was learned; it may be proposed at once."""

    text = TextField(label=_("What was learned?"))
    is_proposal = forms.BooleanField(label=_("Propose it to the body too"), required=False)


class ReadForm(CleanForm):
    """Survivors have read a text."""

    thing = forms.ChoiceField(label=_("What was read?"))
    read_on = _day(_("On which day?"))

    def __init__(self, *args: Any, things: Sequence[tuple[str, str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, thing=[(f"{kind}:{code}", name) for kind, code, name in things])
