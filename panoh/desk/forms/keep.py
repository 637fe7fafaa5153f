"""A way to reach a person, and a document: each saved once, however often it is sent."""

from panoh.desk.forms.fields import submission
from panoh.files.forms import DocumentForm
from panoh.people.forms import ContactForm


class WayForm(ContactForm):
    """A way to reach the person."""

    submission = submission()


class PaperForm(DocumentForm):
    """A document of a case."""

    submission = submission()
