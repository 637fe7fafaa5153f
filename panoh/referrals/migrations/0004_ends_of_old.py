"""Requests sent before end when what they opened ends."""

from django.db import migrations

FILL = """
UPDATE public.referrals_referral r SET ends_at = coalesce(
    (SELECT max(g.ends_at) FROM public.access_grant g WHERE g.source_id = r.id),
    (SELECT c.ends_at FROM public.consent_consent c WHERE c.id = r.consent_id)
) WHERE r.sent_at IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [("referrals", "0003_ends"), ("access", "0004_clock")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
