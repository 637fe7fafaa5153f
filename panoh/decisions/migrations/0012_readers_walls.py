"""Nobody elsewhere reads a half page before the person was told of that organisation."""

from pathlib import Path

from django.db import migrations

from panoh.access.models.protection import Protect

HERE = Path(__file__).parent
SQL = (HERE / "readers.sql").read_text("utf-8")


def _before(name: str) -> str:
    """A function as it was, in ``half_copy.sql``."""
    text = (HERE / "half_copy.sql").read_text("utf-8")
    found = text[text.index(f"FUNCTION public.{name}(") :]
    return f"CREATE OR REPLACE {found[: found.index('$$;')]}$$;"


DROP = """
DROP FUNCTION public.decisions_without_copy(uuid);
DROP TRIGGER decisions_reader_stays ON public.decisions_readertold;
DROP FUNCTION public.decisions_on_told() CASCADE;
DROP FUNCTION public.decisions_on_wish() CASCADE;
DROP TRIGGER decisions_asked_stays ON public.decisions_application;
CREATE TRIGGER decisions_asked_stays BEFORE UPDATE OF consent_id, agreed_id, by_unit_type, hearing,
    language, opinion ON public.decisions_application
    FOR EACH ROW WHEN ((NEW.consent_id, NEW.agreed_id, NEW.by_unit_type, NEW.hearing, NEW.language,
                        NEW.opinion)
        IS DISTINCT FROM (OLD.consent_id, OLD.agreed_id, OLD.by_unit_type, OLD.hearing,
                          OLD.language, OLD.opinion))
    EXECUTE FUNCTION public.decisions_stays('decisions_filed_stays');
"""


class Migration(migrations.Migration):
    dependencies = [("decisions", "0011_readers")]

    operations = [
        Protect("ReaderTold", category=None),
        migrations.RunSQL(
            SQL, DROP + _before("decisions_on_copy") + _before("decisions_read_copy")
        ),
    ]
