"""What was taken back before the agenda knew of it (``bodies.0007_taken_off``) leaves it now."""

from django.db import migrations

# By whoever took it back then; the trigger lets nobody settle in another's name, the owner neither.
SQL = """
ALTER TABLE public.bodies_item DISABLE TRIGGER bodies_on_item;
UPDATE public.bodies_item i SET {values}
FROM public.decisions_application a
JOIN public.decisions_moved m ON m.application_id = a.id AND m.verb = 'withdraw'
WHERE i.subject_id = a.id AND a.state = 'withdrawn' AND i.outcome = '{outcome}';
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
ALTER TABLE public.bodies_item ENABLE TRIGGER bodies_on_item;
"""
OFF = SQL.format(
    values="outcome = 'withdrawn', settled_at = m.at, settled_by_id = m.by_id", outcome=""
)
# Where a matter could not leave without a sitting, it waits for one again.
ON = SQL.format(values="outcome = '', settled_at = NULL, settled_by_id = NULL", outcome="withdrawn")


class Migration(migrations.Migration):
    dependencies = [("decisions", "0013_untold"), ("bodies", "0007_taken_off")]

    operations = [migrations.RunSQL([OFF], [ON])]
