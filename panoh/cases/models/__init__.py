"""Tables of the case room, one module for each noun."""

from panoh.cases.models.case import (
    CHANGEABLE,
    COLUMNS,
    FACT_FIELDS,
    FACTS,
    IN_THE_ROW,
    PLAIN,
    ApartFact,
    Case,
    CodedFact,
    Event,
    Fact,
    Note,
    Question,
    code_field,
)
from panoh.cases.models.family import Adulthood, Advocate, Guardian, GuardianEntry, Kin
from panoh.cases.models.group import Group, GroupMember
from panoh.cases.models.leaving import ContactEntry, ExitInterview, Leaving, SafeContact
from panoh.cases.models.orders import Affected, Breach, Order, OrderSignature
from panoh.cases.models.plan import Conference, Guest, Plan, PlanPart, PlanTask, PlanText, Seat
from panoh.cases.models.queue import Queued
from panoh.cases.models.recruitment import RecruitmentEntry
from panoh.cases.models.safety import ProtectionRequest, RightEntry, SafetyEntry
from panoh.cases.models.screening import Answer, Decision, Questionnaire, Screening

__all__ = [
    "CHANGEABLE",
    "COLUMNS",
    "FACTS",
    "FACT_FIELDS",
    "IN_THE_ROW",
    "PLAIN",
    "Adulthood",
    "Advocate",
    "Affected",
    "Answer",
    "ApartFact",
    "Breach",
    "Case",
    "CodedFact",
    "Conference",
    "ContactEntry",
    "Decision",
    "Event",
    "ExitInterview",
    "Fact",
    "Group",
    "GroupMember",
    "Guardian",
    "GuardianEntry",
    "Guest",
    "Kin",
    "Leaving",
    "Note",
    "Order",
    "OrderSignature",
    "Plan",
    "PlanPart",
    "PlanTask",
    "PlanText",
    "ProtectionRequest",
    "Question",
    "Questionnaire",
    "Queued",
    "RecruitmentEntry",
    "RightEntry",
    "SafeContact",
    "SafetyEntry",
    "Screening",
    "Seat",
    "code_field",
]
