"""Two people at one page: every form shows both versions, or says why there is only one."""

import importlib

from django.urls import get_resolver

from panoh.ui.forms import CleanForm, EditForm
from tests.house.tree import ROOT

# What carries the version that was seen, in the form itself.
SEEN = {"seen", "seen_version", "version"}

ADDS = "adds a row beside what stands: two people's rows both stay"
ANSWERS = "one step of a state: whoever comes second is told that it was answered"
ASKS = "looks something up and keeps nothing"
OWN = "of the own account or of nobody else's"

ONE_VERSION: dict[str, str] = {
    **dict.fromkeys(
        (
            "AskForm",
            "AnswerForm",
            "ApartForm",
            "BodyForm",
            "EndBodyForm",
            "CoordinationForm",
            "BodyDraftForm",
            "BodyProposalForm",
            "EventForm",
            "LeaversForm",
            "LessonForm",
            "MatterForm",
            "PaperSittingForm",
            "ReadForm",
            "ResolutionForm",
            "SeatForm",
            "WhenForm",
            "AppropriationForm",
            "AskedForForm",
            "BeginForm",
            "BookForm",
            "HouseBedsForm",
            "HousePaperForm",
            "HouseRoomForm",
            "InspectionForm",
            "VettingForm",
            "BreachForm",
            "ChargeForm",
            "FilingForm",
            "BatchForm",
            "PrintForm",
            "NoticeForm",
            "QuestioningForm",
            "UsedForm",
            "CallForm",
            "CareStepForm",
            "CareReviewForm",
            "ConferenceForm",
            "ConsentForm",
            "ContactForm",
            "DecideForm",
            "DocumentForm",
            "EmergencyForm",
            "VotesForm",
            "EstimateForm",
            "FirstContactForm",
            "GiveForm",
            "GroupForm",
            "GuardianForm",
            "GuestForm",
            "HelpedForm",
            "ImportForm",
            "InterviewForm",
            "InviteForm",
            "LineForm",
            "NeedForm",
            "LinkForm",
            "MoneyForm",
            "NeverForm",
            "NightForm",
            "NoteForm",
            "OrderForm",
            "PaperForm",
            "PermitForm",
            "ProposalForm",
            "ProtectionForm",
            "RecruitmentForm",
            "RelativeForm",
            "ReleaseForm",
            "RowForm",
            "SafetyForm",
            "SeatForm",
            "ShiftForm",
            "ServedForm",
            "TaskForm",
            "Sentence",
            "TeamForm",
            "TellForm",
            "UnitForm",
            "WayForm",
        ),
        ADDS,
    ),
    **dict.fromkeys(
        (
            "AttendForm",
            "BedRefuseForm",
            "ChannelForm",
            "InspectedForm",
            "LeaveForm",
            "MoveForm",
            "CloseForm",
            "CodeForm",
            "CompleteForm",
            "CopiesForm",
            "DayForm",
            "DecisionForm",
            "DeclineForm",
            "DraftForm",
            "EndForm",
            "PapersForm",
            "RulingForm",
            "ClockStopForm",
            "MoreTimeForm",
            "TellingForm",
            "HandOverForm",
            "LeftForm",
            "MoneyCodeForm",
            "NumbersSignForm",
            "NoElsewhereForm",
            "OrderRefuseForm",
            "OutcomeForm",
            "OtherForm",
            "PayForm",
            "ProposeForm",
            "ProposalAnswerForm",
            "ProtectionAnswerForm",
            "ReasonForm",
            "RefuseForm",
            "RequestForm",
            "ReviewForm",
            "RingForm",
            "SealForm",
            "SendForm",
            "SignForm",
            "StepEndForm",
            "ToldForm",
            "WhyForm",
            "WithdrawForm",
            "YesElsewhereForm",
        ),
        ANSWERS,
    ),
    **dict.fromkeys(
        ("BedForm", "BrowseForm", "FindForm", "NarrowForm", "RegionForm", "SearchForm", "WhoForm"),
        ASKS,
    ),
    **dict.fromkeys(
        (
            "ChangeForm",
            "InvitationForm",
            "PassphraseForm",
            "PinForm",
            "RecoveryForm",
            "UnlockForm",
        ),
        OWN,
    ),
    "OrderSignForm": "carries the texts themselves that the signer was shown; the verb compares",
    "PartForm": "which parts an organisation takes part in: one choice of the holder's, said anew",
    "AddressForm": "what stands there is shown only on the page that records the reading",
    "IdentityForm": "the first name: who comes second is shown the page of a new version",
}


def forms() -> set[type[CleanForm]]:
    """Every form of the rooms; one stands beside its view."""
    assert get_resolver().url_patterns, "the views are read"
    for path in sorted([*ROOT.glob("panoh/*/forms.py"), *ROOT.glob("panoh/*/forms/*.py")]):
        parts = path.relative_to(ROOT).with_suffix("").parts
        importlib.import_module(".".join(parts).removesuffix(".__init__"))
    found, waiting = set[type[CleanForm]](), [CleanForm]
    while waiting:
        children = waiting.pop().__subclasses__()
        found.update(children)
        waiting += children
    return {one for one in found if one.__module__.startswith("panoh.") and one is not EditForm}


def sees(form: type[CleanForm]) -> bool:
    return bool(form.base_fields.keys() & SEEN)


def test_every_form_shows_both_versions_or_says_why_there_is_one() -> None:
    bare = {form.__name__ for form in forms() if not sees(form)}
    assert bare - ONE_VERSION.keys() == set(), "what somebody else wrote meanwhile would be lost"
    assert ONE_VERSION.keys() - bare == set(), "a reason without need"


def test_a_form_that_sees_nothing_is_noticed() -> None:
    assert not sees(CleanForm)
    assert sees(EditForm)
