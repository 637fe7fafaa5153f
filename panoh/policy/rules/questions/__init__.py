"""Questionnaires of a pack, written as XLSForm: read, checked, and asked page by page.

XLSForm: https://xlsform.org/en/ ; expressions are those of XPath 1.0, sections 3.4 to 3.6.
A form outside the subset is refused with row and reason, never half understood.
"""

from .answering import Asked, Place, asked, fault_of, shown
from .expressions import Expression, ExpressionFault
from .form import Choice, Form, Group, Method, Page, Question, Type
from .sheets import read_form

__all__ = [
    "Asked",
    "Choice",
    "Expression",
    "ExpressionFault",
    "Form",
    "Group",
    "Method",
    "Page",
    "Place",
    "Question",
    "Type",
    "asked",
    "fault_of",
    "read_form",
    "shown",
]
