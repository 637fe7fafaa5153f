"""Interviews are part of the story; a kept form is what its digest says, and never changes."""

from django.db import migrations

from panoh.access.models.protection import Allow, Protect
from panoh.kernel.rules import Category

TRUE_TEXT = """
ALTER TABLE public.cases_questionnaire ADD CONSTRAINT cases_questionnaire_digest
    CHECK (digest = encode(sha256(convert_to(source, 'UTF8')), 'hex'));
"""
ANY_TEXT = "ALTER TABLE public.cases_questionnaire DROP CONSTRAINT cases_questionnaire_digest"


class Migration(migrations.Migration):
    dependencies = [("cases", "0003_screening"), ("access", "0002_walls")]

    operations = [
        migrations.RunSQL(TRUE_TEXT, ANY_TEXT),
        Allow("Questionnaire", app="select, insert"),
        Protect("Screening", category=Category.STORY),
        Protect("Answer", category="column:category"),
        Protect("Decision", category=Category.STORY),
    ]
